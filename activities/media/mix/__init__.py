"""The sound of the render."""

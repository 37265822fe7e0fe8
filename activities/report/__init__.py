"""The quality report of a language: assembled from the plan and the render, as JSON and as a page."""

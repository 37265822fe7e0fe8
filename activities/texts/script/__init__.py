"""The script of the audio description, composed of the scenes as they were seen. No provider is known here."""

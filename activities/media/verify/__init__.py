"""Verifies a render independently, with FFmpeg's reading only."""

"""The second pair of eyes: what a render wrote, read by FFmpeg alone."""

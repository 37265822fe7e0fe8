"""What a caller may touch, a file a noun."""

"""What cannot be operated on as it is."""

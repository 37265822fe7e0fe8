"""What requests and answers look like. One module a noun."""

"""Routes: a guard, one operation, a response. One module per noun."""

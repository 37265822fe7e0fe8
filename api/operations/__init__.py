"""What a request does, once a guard has let it in. One module a noun."""

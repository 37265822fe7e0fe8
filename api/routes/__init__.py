"""The routes: a guard, one operation, an answer. One module a noun."""

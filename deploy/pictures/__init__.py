"""The pictures of README.md, and the script that takes them."""

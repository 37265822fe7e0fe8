"""The pictures in README.md, and the script that takes them."""

"""The film that `make demo` describes, the script that draws it, and its human-written texts."""

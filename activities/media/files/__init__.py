"""Opens and reads untrusted files, within limits."""

"""The render engine, and everything that touches media: PyAV is imported here alone."""

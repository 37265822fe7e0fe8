"""The render engine, and everything that touches media. Only this package imports PyAV."""

"""Deployment: the platform on one machine, and its production processes."""

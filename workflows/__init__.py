"""The durable workflows."""

"""How it goes: the durable workflows."""

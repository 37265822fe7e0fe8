"""The plan: where each audio description is heard, and where the picture waits. Pure, in integer ticks."""

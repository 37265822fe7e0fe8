"""What is done: one file a step, behind ports."""

"""The activities: one file per step, behind ports."""

"""The sweeps: they repair what a crash, a reset or a terminate left behind, and delete what has expired. Each has its
own schedule, and processes its items separately."""

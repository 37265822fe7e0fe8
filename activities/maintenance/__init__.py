"""The sweeps: what a crash, a reset or a terminate left behind, and what has expired. Each runs by a schedule of its
own, and each thing that it looks at is seen to by itself."""

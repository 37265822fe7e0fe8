"""Reading and writing rows: what a principal can see, and compare-and-set where two may meet."""

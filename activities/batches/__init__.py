"""Activities of batches: select jobs, decide about each, and pack their outputs."""

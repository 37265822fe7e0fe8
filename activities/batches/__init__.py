"""What batches do: choose their jobs, decide about each, and pack what they have made."""

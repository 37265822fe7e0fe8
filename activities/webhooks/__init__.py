"""What tells other systems what happens to an organisation's jobs."""

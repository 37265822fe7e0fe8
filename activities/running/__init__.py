"""How work runs: in child processes, with heartbeats, and in its own workspace."""

"""How work runs: in child processes, for as long as somebody waits for it, with a place of its own."""

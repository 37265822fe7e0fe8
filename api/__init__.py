"""Who may ask: the REST and WebSocket layer."""

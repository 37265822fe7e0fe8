"""Mail: from a row of the outbox to a message, and to a server or a folder."""

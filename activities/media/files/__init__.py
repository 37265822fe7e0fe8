"""How a stranger's file is opened and read, bounded."""

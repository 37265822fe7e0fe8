"""What is stored and said: settings, enums, contracts, tables, and the pure rules of captions and plans."""

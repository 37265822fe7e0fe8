"""Settings, enums, contracts, tables, and the pure rules of captions and plans. Imports no other package of ours."""

"""Device events and readings turned into events that a department answers for: one detector per file."""

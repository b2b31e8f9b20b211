"""A line that several units share: turns by urgency, and a dead unit that disturbs no other."""

"""Names of what the agent keeps in its data folder."""

OUTBOX_FILE = "outbox.db"
JOURNAL_FILE = "commands.db"
CLOCK_FILE = "clock.json"
POLLING = "polling"
"""Note in the outbox: whether devices are asked."""
RELOADED = "reloaded"
"""Note in the outbox: `<number> <what became of it>` of the last reload."""

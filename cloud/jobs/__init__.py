"""The door for the clock: work that nobody asks for, one job per file."""

"""The pretend year: the books of a county office for the twelve months before a day, as files, with known faults."""

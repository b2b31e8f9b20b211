"""TimeSeriesStore in one SQLite file: landing rows, compressed daily blocks, newest values and the ledger of rows."""

"""One board per file, each exporting `BOARD`."""

"""The reports there are: one per file, each exporting `REPORT`."""

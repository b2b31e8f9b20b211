"""The risk library: one rule per file, each exporting `RULE`."""

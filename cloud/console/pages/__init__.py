"""The pages, one file each; each registers itself under its path."""

"""Backup and restore of the whole cloud: both stores, keys, institution files and reports in one archive."""

"""Thresholds and control: when a load is too high, and what is done about it."""

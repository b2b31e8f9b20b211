"""Pretend hardware: serves any profile over real sockets, replays real buildings, plays scenarios with ground truth."""

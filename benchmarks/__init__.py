"""Measurements, each beside a limit or a peer in the same run: `python -m benchmarks.NAME [--json FILE]`."""

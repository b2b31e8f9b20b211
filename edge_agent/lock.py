"""The file by which a running agent holds its data folder, and with it the wires of its site."""

from __future__ import annotations

LOCK_FILE = "agent.lock"
"""In the data folder; freed by the system when the agent ends, however it ends."""

"""Adapters that fit the ports of the core to real databases and wires; siblings of the doors, known to app.py only."""

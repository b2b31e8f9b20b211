"""Tools for whoever puts devices in: which units are on a bus, what they are, and whether what they say makes sense."""

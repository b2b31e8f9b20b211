"""The process in the data centre, cut by capability; the eight departments are eight data files."""

"""What a page shows, gathered from the ports as frozen values: blocking calls, no drawing, no language."""

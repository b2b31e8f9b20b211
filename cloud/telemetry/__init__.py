"""What is done with readings as such: quality on arrival, raw events, interval energy."""

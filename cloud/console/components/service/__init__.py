"""The service platform: requests, joint cases, shared data, demand, the public door."""

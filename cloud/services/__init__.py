"""The service platform: what staff, superiors and the public ask for, joint cases, ratings, demand and shared data."""

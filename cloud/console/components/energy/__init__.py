"""Loads, accounts, forecasts, limits and what was done about breaches."""

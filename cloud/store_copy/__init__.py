"""Copies readings, means and ledger from one time-series store into another one, whatever kind each is of."""

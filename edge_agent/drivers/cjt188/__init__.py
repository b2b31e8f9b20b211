"""CJ/T 188 (2004 and 2018), the protocol of Chinese water, heat and gas meters: read only."""

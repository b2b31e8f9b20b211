"""Meters that are asked for the data of an identifier: what DL/T 645 and CJ/T 188 share."""

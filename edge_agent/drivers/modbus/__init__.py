"""Modbus devices: requests planned from profiles, proved replies, words and values."""

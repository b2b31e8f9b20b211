"""Pretend staff: the people of an office, acting through the HTTP door as real users would."""

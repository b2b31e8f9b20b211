"""The door for devices: what the edges say is stored, booked and acknowledged; commands go the other way."""

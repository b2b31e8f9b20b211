"""Where edge and cloud meet: the only contract both sides share."""

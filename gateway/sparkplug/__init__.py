"""Sparkplug B 3.0: topics, payloads and the rules of births and sequence, without I/O."""

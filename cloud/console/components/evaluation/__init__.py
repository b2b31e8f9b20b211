"""Scores of departments and institutions, and what they rest on."""

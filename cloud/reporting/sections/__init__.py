"""Sections of the reports: each module turns what was worked out into figures, tables and charts of one matter."""

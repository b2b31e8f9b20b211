"""Relational state: one adapter per port, on SQLite by default and PostgreSQL by URL."""

"""Grafana as code: boards and their provisioning, generated, committed, and tested against a real InfluxDB."""

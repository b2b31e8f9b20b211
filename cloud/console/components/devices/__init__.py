"""Devices, their points, who holds them, and putting them into service."""

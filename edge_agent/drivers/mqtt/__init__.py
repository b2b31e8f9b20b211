"""Devices that publish over MQTT: one source per broker, one translator per language."""

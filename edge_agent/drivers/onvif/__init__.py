"""Cameras and recorders by ONVIF pull points (ONVIF Core Specification, chapter 9); needs the extra `onvif`."""

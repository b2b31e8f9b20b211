"""What a device is: quantities, units, points, limits; one YAML file per device model."""

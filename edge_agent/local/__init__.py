"""What the box does by itself: rules while the cloud is silent, its own health, a changed site file, `doctor`."""

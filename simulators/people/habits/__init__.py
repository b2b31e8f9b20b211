"""What people do when they look at their desk, one file per part of the work."""

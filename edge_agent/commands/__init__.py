"""Orders from the cloud: admission, guard, priority array, write, read-back, receipt."""

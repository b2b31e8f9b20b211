"""What every capability shares: the institution model, access, ports; no I/O."""

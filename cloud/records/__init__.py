"""What people keep books of: bills, hand readings, assets, rooms, vehicles, orders, contracts."""

"""The durable queue and what drains it to the cloud."""

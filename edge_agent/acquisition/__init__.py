"""From the devices into the outbox: polling, process image, dead-band, intake, imported history."""

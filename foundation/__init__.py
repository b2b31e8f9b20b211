"""Ground floor: the seams to the outside world (time, chance, disk, network), errors, settings, texts."""

"""The one-command demonstration: plans a compound, supervises its processes, reports what happened."""

"""One module per kind of device link; each speaks to its devices and reports to the Intake."""

"""The risk centre: rules, alarms, register, treatment, feedback and prediction across the eight departments."""

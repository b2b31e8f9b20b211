"""The risk centre: alarms, risks, rules and case files."""

"""Order parameters of the departments: one indicator per file, each exporting `INDICATOR`."""

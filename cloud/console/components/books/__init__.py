"""Institution, records and reports: what is entered, imported and handed out."""

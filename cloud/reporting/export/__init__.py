"""One document, every format: each module turns the same sections, figures and tables into its own bytes."""

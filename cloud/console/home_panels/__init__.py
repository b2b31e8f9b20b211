"""Cards of the home page, one file each: every module exports `PANEL`."""

"""DL/T 645-2007, the protocol of Chinese electricity meters: read only."""

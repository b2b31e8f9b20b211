"""How departments and institutions do: indicators from stored rows, human scores, synergy, benchmark."""

"""The words of the house: frozen values without I/O that every other package speaks in."""

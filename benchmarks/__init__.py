"""Labelled data, accuracy and speed, by one command: `make bench`."""

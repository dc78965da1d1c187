"""Reports: what a run found, for people to read in the terminal and on a page of its own; counts, and no customer's data."""

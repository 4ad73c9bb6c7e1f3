"""The tables of one machine: dynoxide on a file in the data directory, and what it needs of us."""

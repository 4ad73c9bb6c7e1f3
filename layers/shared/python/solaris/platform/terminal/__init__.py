"""The command line's ground: environment and output."""

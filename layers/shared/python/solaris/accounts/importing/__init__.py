"""Users out of a CSV file, over the admin API and from the command line."""

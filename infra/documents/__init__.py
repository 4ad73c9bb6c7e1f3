"""Files that are made from the code."""

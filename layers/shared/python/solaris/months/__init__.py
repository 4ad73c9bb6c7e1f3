"""Opening and closing of months."""

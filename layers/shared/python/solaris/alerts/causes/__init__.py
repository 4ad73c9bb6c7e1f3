"""Alerts about what lasts until somebody ends it: each has a cause, and is closed with it."""

"""A company of 36 people with a past, for `make demo`."""

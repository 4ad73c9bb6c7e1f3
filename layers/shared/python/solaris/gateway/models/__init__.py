"""Models: which may be asked for, what is known of them, their list."""

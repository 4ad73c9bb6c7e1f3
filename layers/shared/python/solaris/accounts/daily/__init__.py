"""The limit that a user has on one day, as people set it, lift it and see it."""

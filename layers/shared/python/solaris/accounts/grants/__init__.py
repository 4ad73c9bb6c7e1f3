"""Grants of additional tokens, as people give them, see them and take them back."""

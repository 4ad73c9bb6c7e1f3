"""Admin keys: with them programs call the admin API, each for the scopes it was given."""

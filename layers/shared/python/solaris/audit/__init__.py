"""Who did what: entries, their store, their list."""

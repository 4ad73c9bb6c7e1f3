"""One user's item: its rules and its store."""

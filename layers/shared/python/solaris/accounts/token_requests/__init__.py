"""Users ask for more tokens; managers of their group, else admins, decide."""

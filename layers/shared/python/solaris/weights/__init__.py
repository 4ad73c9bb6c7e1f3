"""How much a token of which model counts: told, tried out on a month, and changed by admins."""

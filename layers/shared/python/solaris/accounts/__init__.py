"""What people do to users: accounts, addresses, deletion, import, self-service."""

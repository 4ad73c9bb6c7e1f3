"""Groups of users: what they state for their members, and where they are kept."""

"""Every route of the admin API; importing `all_operations` registers them."""

"""What people see of themselves: their page, its links."""

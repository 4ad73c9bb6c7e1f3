"""Groups of users as admins see and change them."""

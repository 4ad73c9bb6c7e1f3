"""All tables in one file, and back; proven by a drill."""

"""The engine of the lists: a replica that follows the feed of changes."""

"""The data of the store before this one, read once and brought over."""

"""Plans: what they give, changed while the system runs, and brought to those who have them."""

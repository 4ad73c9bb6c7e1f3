"""What every package stands on and that knows none of them."""

"""An upstream that costs nothing: it counts what it answers."""

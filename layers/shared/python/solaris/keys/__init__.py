"""Gateway keys: who may call, and who calls."""

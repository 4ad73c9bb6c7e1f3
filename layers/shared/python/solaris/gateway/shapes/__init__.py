"""The APIs that are relayed: how each writes its answers and its usage."""

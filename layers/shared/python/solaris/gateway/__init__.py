"""The metered request: what is held for it, what may be passed on, what its answer used."""

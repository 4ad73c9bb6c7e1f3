"""What `make demo` and the demo upstream are made of."""

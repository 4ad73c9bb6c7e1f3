"""What goes over the wire: pydantic models, the one source for validation and OpenAPI."""

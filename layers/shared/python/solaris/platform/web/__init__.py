"""HTTP for all: operations, errors, parsing, the OpenAPI document."""

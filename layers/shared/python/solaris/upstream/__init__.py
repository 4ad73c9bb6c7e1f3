"""The models' side: HTTP client, API shapes, token counting and the SSE relay."""

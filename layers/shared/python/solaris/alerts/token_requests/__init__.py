"""News of requests for tokens: to whoever decides, and to who asked."""

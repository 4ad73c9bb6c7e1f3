"""The one port: who may pass, and to whom."""

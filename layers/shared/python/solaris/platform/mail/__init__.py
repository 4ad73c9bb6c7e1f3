"""Mails on their way, and how figures are written in them."""

"""Warnings: who is told what, by which mail, and what becomes of it."""

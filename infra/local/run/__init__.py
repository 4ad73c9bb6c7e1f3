"""Starts, keeps and stops the programs of one machine."""

"""Formats of the outside world, turned into readings."""

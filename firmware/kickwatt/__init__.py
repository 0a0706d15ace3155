"""Kickwatt on the board: measure a scooter's charge, report it, cut it off, and never leave it on by accident.

`app` is the page to read first. Everything else is one idea per file.
"""

__version__ = "0.1.0"

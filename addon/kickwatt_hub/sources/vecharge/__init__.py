"""Chargers behind a veCharge-style server, whose client the hub is: docs/vecharge.md, "A server as a source"."""

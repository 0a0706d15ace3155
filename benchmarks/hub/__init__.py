"""The hub's figures, one module each."""

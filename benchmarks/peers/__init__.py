"""Servers to compare with, as somebody would write them; they run in an environment of their own."""

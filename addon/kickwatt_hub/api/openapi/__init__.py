"""The OpenAPI document of every REST surface, made from the routes and types that serve it, and a page to read it on."""

from .door import routes

__all__ = ["routes"]

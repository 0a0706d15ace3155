"""The Kickwatt hub: what chargers measure comes in, what people want goes out."""

__version__ = "0.1.0"
API_VERSION = 1

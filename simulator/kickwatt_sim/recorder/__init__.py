"""What a run leaves behind: the AT transcript, a table of the world, and a picture."""

from .recorder import Recorder

__all__ = ["Recorder"]

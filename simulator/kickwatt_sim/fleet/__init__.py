"""Many chargers at once, for load tests: the firmware's own S1 and queue, without boards around them."""

from .load import Fleet, Plan
from .member import Member, Protocol
from .tally import Tally

__all__ = ["Fleet", "Member", "Plan", "Protocol", "Tally"]

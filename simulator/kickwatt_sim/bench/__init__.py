"""Single parts on pseudo-terminals, in real time, for firmware that is not run by this simulator."""

from .meter import PtyMeter
from .modem import PtyModem

__all__ = ["PtyMeter", "PtyModem"]

"""What a fleet counted: messages, samples, answers, latencies, and promises that the hub broke."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Tally:
    """Counts of one run; `seconds` is how long it took, latencies are in seconds."""

    devices: int
    seconds: float = 0.0
    messages: int = 0
    samples: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    broken: Counter[str] = field(default_factory=Counter)
    latencies_s: list[float] = field(default_factory=list)

    def latency_ms(self, share: float) -> float:
        """Return the latency that this share of the answers did not exceed."""
        ordered = sorted(self.latencies_s)
        if not ordered:
            return 0.0
        return round(ordered[min(int(share * len(ordered)), len(ordered) - 1)] * 1e3, 3)

    def line(self) -> str:
        """Return where it stands, as one line."""
        rate = self.messages / self.seconds if self.seconds else 0.0
        lost = sum(self.failures.values())
        return (
            f"{self.seconds:6.0f} s  {self.messages} messages ({rate:.0f}/s)  {self.samples} samples stored  "
            f"p50 {self.latency_ms(0.5):.0f} ms  p99 {self.latency_ms(0.99):.0f} ms"
            + (f"  {lost} failed" if lost else "")
            + (f"  BROKEN PROMISES: {self.broken.total()}" if self.broken else "")
        )

    def summary(self) -> dict[str, Any]:
        """Return everything as JSON has it."""
        return {
            "devices": self.devices,
            "seconds": round(self.seconds, 3),
            "messages": self.messages,
            "messages_per_s": round(self.messages / self.seconds, 1)
            if self.seconds
            else 0.0,
            "samples_stored": self.samples,
            "statuses": {str(each): n for each, n in sorted(self.statuses.items())},
            "failures": dict(self.failures),
            "faults": dict(self.faults),
            "broken_promises": dict(self.broken),
            "latency_ms": {
                "p50": self.latency_ms(0.5),
                "p90": self.latency_ms(0.9),
                "p99": self.latency_ms(0.99),
                "max": self.latency_ms(1.0),
            },
        }

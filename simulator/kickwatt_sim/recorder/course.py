"""What happened in a run, as far as a picture needs it."""

from array import array
from dataclasses import dataclass, field


@dataclass
class Span:
    """Something that lasted; `end_s` is None while it does."""

    name: str
    begin_s: float
    end_s: float | None = None


@dataclass(frozen=True)
class Upload:
    """One request of the modem and its HTTP status, or 600 and more for the modem's own results."""

    at_s: float
    status: int


@dataclass
class Course:
    """Rows in columns of equal length, and what lies across them. `battery` is a share, NaN without a battery."""

    time_s: array[float] = field(default_factory=lambda: array("d"))
    power_w: array[float] = field(default_factory=lambda: array("d"))
    battery: array[float] = field(default_factory=lambda: array("d"))
    relay: list[Span] = field(default_factory=list)
    states: list[Span] = field(default_factory=list)
    faults: list[Span] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)

    def switch(self, closed: bool, now_s: float) -> None:
        """Note how the relay's contact is."""
        if self.relay and self.relay[-1].end_s is None:
            if not closed:
                self.relay[-1].end_s = now_s
        elif closed:
            self.relay.append(Span("closed", now_s))

    def report(self, state: str, now_s: float) -> None:
        """Note the firmware's state."""
        if self.states and self.states[-1].name == state:
            return
        if self.states:
            self.states[-1].end_s = now_s
        self.states.append(Span(state, now_s))

    def strike(self, fault: str, now_s: float) -> Span:
        """Note that a fault has begun."""
        span = Span(fault, now_s)
        self.faults.append(span)
        return span

    def recover(self, fault: str, now_s: float) -> None:
        """Note that the oldest fault of this name is over."""
        for span in self.faults:
            if span.name == fault and span.end_s is None:
                span.end_s = now_s
                return

"""What the hub wants, until when, and whether the board has ended it. docs/protocol.md, "Orders, leases and who wins".

An *order* is the hub's wish with a rising id. The relay follows it only within its *lease*, unless the owner made the
board autonomous. What the board itself ended (full, a trip, the button, nothing
plugged in for all its time) the same order cannot start again.
"""


class Orders:
    """The last order and what became of it."""

    def __init__(self, autonomous: bool) -> None:
        self.id = 0
        self.on = False  # the order, or the button in its place, wants the relay closed
        self.ended: str | None = None  # "cut_off", "trip", "button", "idle"
        self._autonomous = autonomous
        self._lease_until = 0

    def resume(self, order: int, on: bool, ended: str | None) -> None:
        """Take over what the journal remembers. A lease never outlives a restart."""
        self.id = order
        self.on = on
        self.ended = ended

    def receive(self, order: int, on: bool, lease_s: int, sealed_ms: int) -> bool:
        """Take a verified reply; True when it is a new order.

        The lease runs from the moment the request was sealed: a reply that was held back on its way does not hold
        the relay for longer than the hub meant.
        """
        new = order != self.id
        self.id = order
        self._lease_until = sealed_ms + lease_s * 1000 if on else 0
        if new:
            self.ended = None
        if new or not on:
            self.on = on
        elif self.ended is None:
            self.on = True
        return new

    def end(self, why: str) -> None:
        """The board itself has ended it."""
        self.on = False
        self.ended = why

    def press_on(self) -> None:
        """A person at the board wants it on."""
        self.on = True
        self.ended = None

    def wants(self, now_ms: int) -> bool:
        """Whether the relay should be closed, were it for the orders alone."""
        return self.on and self.may_run(now_ms)

    def may_run(self, now_ms: int) -> bool:
        """Whether a lease is running, or none is needed."""
        return self._autonomous or now_ms < self._lease_until

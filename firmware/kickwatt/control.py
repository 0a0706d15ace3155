"""The one who decides: orders ask, the guard permits, the charge ends, the journal remembers, the relay obeys.

No I/O of its own and no clock: readings, replies and presses come in with their time. Local safety always wins.
"""

from kickwatt import guard
from kickwatt.charge import Charge
from kickwatt.guard import Guard
from kickwatt.orders import Orders
from kickwatt.session import Session

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.memory import Memory
    from kickwatt.meter import Reading
    from kickwatt.relay import Relay
    from kickwatt.settings import Config, Limits


class Control:
    """The state that a message reports, and every way in which it changes."""

    def __init__(
        self,
        config: Config,
        relay: Relay,
        memory: Memory,
        too_many_resets: bool,
        now_ms: int,
    ) -> None:
        limits = memory.limits(config.limits)
        trips = memory.trips() | (guard.RESETS if too_many_resets else 0)
        self._relay = relay
        self._memory = memory
        self.guard = Guard(limits, config.min_dv, config.max_dv, trips, now_ms)
        self.learned = memory.learned()
        self.charge = Charge(limits, self.learned)
        self.session = Session()
        self.orders = Orders(config.autonomous)
        self.refused: str | None = None
        self.restart = False  # a person wants it, as soon as nothing waits to be sent
        self._remote_clear = config.remote_clear
        # With worn-out memory the board may have ended the order that stands, and not know it any more.
        self._distrust = memory.is_worn
        memory.note_trips(trips)
        memory.resume_session(self.session)
        self.orders.resume(*memory.order())
        if trips:
            self._end("trip")
        self.why = self.orders.ended or "boot"

    # ------------------------------------------------------------------ what a message says

    @property
    def state(self) -> str:
        """`off`, `idle`, `charging`, `done` or `tripped`, as docs/protocol.md defines them."""
        if self.guard.trips:
            return "tripped"
        if self._relay.closed:
            return "charging" if self.charge.charging else "idle"
        return "done" if self.orders.ended == "cut_off" else "off"

    @property
    def closed(self) -> bool:
        """Whether the relay is closed."""
        return self._relay.closed

    @property
    def trips(self) -> list[str]:
        """Names of the latched trips."""
        return guard.names(self.guard.trips)

    @property
    def rev(self) -> int:
        """Revision of the settings in use, 0 for those of settings.toml."""
        return self.guard.limits.rev

    # ------------------------------------------------------------------ what happens

    def reading(self, reading: Reading, now_ms: int) -> None:
        """A good reading has come."""
        if self.guard.reading(reading, self._relay.closed, now_ms):
            self._trip(now_ms)
            return
        if self._relay.closed:
            base_wh = self.session.base_wh
            self.session.reading(reading, now_ms)
            full = self.charge.reading(reading.load_dw, self.session.spent_wh, now_ms)
            was_armed = self.session.peak_dw
            self.session.peak_dw = self.charge.peak_dw
            # A base that a reset forgets is energy that nobody counts.
            if (self.charge.armed and not was_armed) or base_wh != self.session.base_wh:
                self._memory.note_session(self.session, now_ms, True)
            if full:
                self._learn()
                self._end("cut_off")
                self._open("cut_off", now_ms)
        self.tick(now_ms)

    def tick(self, now_ms: int) -> None:
        """Time has passed."""
        if self.orders.on and self._waited_in_vain(now_ms):
            self._end("idle")
            self._open("idle", now_ms)
        if self.guard.tick(self.session, self._relay.closed, now_ms):
            self._trip(now_ms)
        wanted = self.orders.wants(now_ms)
        if self._relay.closed:
            if not wanted:
                self._open("lease", now_ms)
            elif self._memory.session_is_due(self.session, now_ms):
                self._memory.note_session(self.session, now_ms, True)
        elif wanted:
            self._try_to_close("order", now_ms)

    def reply(
        self,
        order: int,
        on: bool,
        lease_s: int,
        sealed_ms: int,
        now_ms: int,
        do: object = None,
    ) -> None:
        """A verified reply has said what the hub wants. What an order says to *do* is done once, with power off."""
        new = self.orders.receive(order, on, lease_s, sealed_ms)
        if self._distrust and on:
            self._end("trip")
        self._distrust = False
        self.refused = None
        if not on:
            if self._relay.closed:
                self._open("order", now_ms)
            elif new:
                self.why = "order"
            if new:
                self._do(do, now_ms)
        elif new and not self.orders.ended:
            self._start_session(now_ms)
        elif self.orders.ended:
            self.refused = "trip" if self.guard.trips else "ended"
        self._note_order()
        self.tick(now_ms)

    def press(self, now_ms: int) -> str:
        """The button, short: off at once, or on if everything allows it now. Return what came of it.

        On needs a running lease, or an autonomous board: a relay that nobody may open from afar must not be closed.
        """
        if self._relay.closed:
            self._end("button")
            self._open("button", now_ms)
            return "off"
        refusal = self.guard.refusal(now_ms)
        if refusal:
            return "stays off: " + refusal
        if not self.orders.may_run(now_ms):
            return "stays off: no lease from the hub"
        self.orders.press_on()
        self.refused = None
        self._start_session(now_ms)
        self._try_to_close("button", now_ms)
        return "on" if self._relay.closed else "stays off: " + ", ".join(self.trips)

    def hold(self, now_ms: int) -> str:
        """The button, long: a person clears the trips. The relay stays open until it is told anew."""
        self.guard.clear()
        self._memory.note_trips(0)
        self._memory.settled()
        self.tick(now_ms)
        return "trips cleared"

    def forgotten(self) -> None:
        """The hub knows this board, but the board has lost its memory: an order that stands may be one that it ended."""
        self._distrust = True

    def set_limits(self, limits: Limits) -> None:
        """The hub has sent settings."""
        self._memory.note_limits(limits)
        self.guard.limits = limits
        self.charge.set_limits(limits)

    # ------------------------------------------------------------------ how

    def _waited_in_vain(self, now_ms: int) -> bool:
        """All of the session's time is over and nothing was charging: that ends it, and is nobody's fault."""
        return (
            not self.charge.charging
            and not self.session.peak_dw
            and self.session.closed_ms(now_ms) >= self.guard.limits.max_s * 1000
        )

    def _do(self, what: object, now_ms: int) -> None:
        if what == "restart":
            self.restart = True
        elif what == "clear" and self.guard.trips:
            # Whether contacts are welded shows only at the board, and only an owner can say that far away is near enough.
            if self._remote_clear and not self.guard.trips & guard.WELDED:
                self.hold(now_ms)
            else:
                self.refused = "remote"

    def _start_session(self, now_ms: int) -> None:
        self.session.start()
        if self._relay.closed:
            self.session.closed(now_ms)
            self.charge.begin(0)
        self._memory.note_session(self.session, now_ms, self._relay.closed)

    def _try_to_close(self, why: str, now_ms: int) -> None:
        self.refused = self.guard.refusal(now_ms)
        if self.refused == "trip":
            # Or clearing the trip would close the relay under the person's hands.
            self._end("trip")
        if self.refused:
            return
        if self.guard.closing(self.session, now_ms):
            self._trip(now_ms)
            return
        self.why = why
        self._note_order()
        self.guard.closed(now_ms)
        self.session.closed(now_ms)
        self.charge.begin(self.session.peak_dw)
        # Before the contact closes: power may fail now.
        self._memory.note_session(self.session, now_ms, True)
        self._relay.close()

    def _learn(self) -> None:
        lesson = self.charge.lesson()
        if lesson is not None:
            self.learned.add(*lesson)
            self._memory.note_learned(self.learned)

    def _trip(self, now_ms: int) -> None:
        self._open("trip", now_ms)
        self._memory.note_trips(self.guard.trips)
        if self.orders.on:
            self._end("trip")

    def _open(self, why: str, now_ms: int) -> None:
        was_closed = self._relay.closed
        self._relay.open()
        self.why = why
        if was_closed:
            self.guard.opened(now_ms)
            self.session.opened(now_ms)
            self.charge.pause()
            self._memory.note_session(self.session, now_ms, False)

    def _end(self, why: str) -> None:
        self.orders.end(why)
        self._note_order()

    def _note_order(self) -> None:
        self._memory.note_order(self.orders.id, self.orders.on, self.orders.ended)

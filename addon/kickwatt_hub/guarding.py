"""Holds what was heard of a charger against its guards, and gives the order when one of them speaks."""

from collections.abc import Callable

from msgspec import Struct

from . import guards, orders
from .bus import Guarded
from .charging.modes import power_ends_ms
from .entry import Entry
from .fleet import Fleet
from .model import Charger, Order, Reading, Said
from .orders import Wish
from .watch import Watch


class Looked(Struct, frozen=True):
    """What the guards made of a message."""

    watch: Watch
    wish: Wish
    lease_s: int
    before: Order | None = None
    """The order that the guard's own has replaced."""
    event: Guarded | None = None


class Guarding:
    """The guards of all chargers."""

    def __init__(self, fleet: Fleet, now_ms: Callable[[], int], lease_s: int) -> None:
        """`now_ms` is the wall clock; `lease_s` is for how long power usually may flow without another word."""
        self._fleet = fleet
        self._now_ms = now_ms
        self._lease_s = lease_s

    def look(
        self,
        entry: Entry,
        charger: Charger,
        wish: Wish,
        said: Said,
        readings: tuple[Reading, ...],
        now_ms: int,
    ) -> Looked:
        """Hold a message against the guards; a cut is an order for "off" that goes out with this very reply."""
        pressed = wish.on and not charger.desired_on  # the button: a person allows it
        most = guards.limits(
            charger.settings, entry.brain.profile, learned=charger.mode.learned_caps
        )
        is_off = wish.order is not None and not wish.on
        message = guards.Message(
            now_ms,
            bool(said.relay),
            is_off,
            is_off and said.order == wish.order_id,
            not said.left,
            readings,
        )
        watch = entry.watch
        if pressed:
            watch = Watch(allowed_ms=self._now_ms())
        watch, reason = guards.look(watch, message, most, self._lease_s)
        usual_s = self._lease_s
        ends_ms = power_ends_ms(charger.progress, charger.mode, now_ms)
        if ends_ms is not None:  # not past that, should nobody be there to say "off"
            usual_s = min(usual_s, (ends_ms - now_ms) // 1000)
        lease_s = guards.lease_s(watch, most, usual_s)
        if reason is None or (not wish.on and guards.reason_of(wish.order) == reason):
            return Looked(watch, wish, lease_s)
        off = Order(
            id=self._fleet.next_order(said.order),
            charger_id=charger.id,
            relay_on=False,
            created_ms=self._now_ms(),
            reason=guards.PREFIX + reason,
        )
        event = Guarded(
            charger.id,
            now_ms,
            reason,
            round(watch.energy_wh, 1),
            watch.closed_ms // 1000,
        )
        before = orders.withdraw(wish, "superseded").order
        return Looked(watch, Wish(False, off), lease_s, before, event)

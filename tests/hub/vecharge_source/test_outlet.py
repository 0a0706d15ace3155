"""A charger behind a server, as if it were a board."""

from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from msgspec.structs import replace
import pytest

from kickwatt_hub import orders
from kickwatt_hub.model import (
    Charger,
    ChargerSettings,
    Kind,
    LegacyFormat,
    Order,
    OrderState,
)
from kickwatt_hub.orders import Wish
from kickwatt_hub.sources.vecharge import outlet as outlets
from kickwatt_hub.sources.vecharge.outlet import Asking, Outlet

_NOBODY = Charger(
    id="far",
    name="Far",
    kind=Kind.vecharge,
    simulated=False,
    settings=ChargerSettings(),
    settings_rev=0,
    legacy=LegacyFormat(),
)


def _wants(on: bool | None, order: int = 0, **more: Any) -> Charger:
    """Return a charger whose newest order is done already."""
    given = Order(id=order, charger_id="far", relay_on=bool(on), created_ms=0, state=OrderState.done)  # fmt: skip
    return replace(_NOBODY, desired_on=on, order=given if order else None, **more)


def _pending(on: bool, order: int = 1) -> Charger:
    given = Order(id=order, charger_id="far", relay_on=on, created_ms=0)
    return replace(_NOBODY, desired_on=on, order=given)


_ON = Outlet(on=True, why="order", order=1)


@pytest.mark.parametrize(
    ("outlet", "charger", "lease_over", "wanted"),
    [
        (Outlet(), _NOBODY, False, None),
        (Outlet(), _pending(True), False, Asking(True, "order", 1)),
        (_ON, _wants(True, 1), False, None),
        (_ON, _pending(False, 2), False, Asking(False, "order", 2)),
        # It was told, and says on all the same.
        (_ON, _wants(False, 1), False, Asking(False, "order")),
        # Power that we have asked for and not seen yet may flow as well.
        (Outlet(asked=True), _wants(False), False, Asking(False, "order")),
        (_ON, _wants(True, 1), True, Asking(False, "lease")),
        (Outlet(), _wants(True, 1), True, None),
        (_ON, _wants(True, 1, phase="full"), False, Asking(False, "cut_off")),
        # After a lease that ran out nobody has decided against it.
        (Outlet(why="lease", order=1), _wants(True, 1), False, Asking(True, "order")),
        (Outlet(why="button", order=1), _wants(True, 1), False, None),
    ],
)
def test_what_the_server_is_asked_for(
    outlet: Outlet, charger: Charger, lease_over: bool, wanted: Asking | None
) -> None:
    """For each of the situations."""
    assert outlets.asking(outlet, charger, lease_over=lease_over) == wanted


def test_what_somebody_else_switches_is_a_button() -> None:
    """On and off; what we have asked for is an order."""
    assert outlets.heard(Outlet(), True).why == "button"
    assert outlets.heard(_ON, False).why == "button"
    asked = outlets.asked(Outlet(), Asking(True, "order", 4))
    heard = outlets.heard(asked, True)
    assert (heard.on, heard.why, heard.order, heard.asked) == (True, "order", 4, None)


def test_an_on_that_comes_too_late_is_nobodys_wish() -> None:
    """The hub has asked for off meanwhile, and asks again."""
    late = outlets.heard(Outlet(asked=False), True)
    assert (late.on, late.why) == (True, "boot")
    assert outlets.asking(late, _wants(False), lease_over=False) is not None


def test_energy_that_was_corrected_a_little_does_not_begin_anew() -> None:
    """But that of the next charge does."""
    outlet = outlets.counted(outlets.counted(Outlet(), 121.0), 120.4)
    assert outlet.session_wh == 121
    assert outlets.counted(outlet, 0.3).session_wh == 0


class Together(RuleBasedStateMachine):
    """Orders, a server that obeys late or never, people at the other end, lost connections, in any order."""

    def __init__(self) -> None:
        """Nothing has happened."""
        super().__init__()
        self.outlet = Outlet()
        self.charger = _NOBODY
        self.server_on = False
        self.newest = 0
        self.lease_over = False
        self.touched = False

    def _hear(self) -> None:
        wish = orders.hear(
            Wish(self.charger.desired_on, self.charger.order),
            self.outlet.said(self.charger, 4),
        )
        self.charger = replace(self.charger, desired_on=wish.on, order=wish.order)

    @rule(on=st.booleans())
    def order(self, on: bool) -> None:
        """Somebody orders something."""
        self.newest += 1
        given = Order(id=self.newest, charger_id="far", relay_on=on, created_ms=0)
        self.charger = replace(self.charger, desired_on=on, order=given)

    @rule()
    def time_out(self) -> None:
        """An order is not answered in time."""
        wish = orders.withdraw(Wish(self.charger.desired_on, self.charger.order), "timeout")  # fmt: skip
        self.charger = replace(self.charger, desired_on=wish.on, order=wish.order)

    @rule(works=st.booleans(), obeys=st.booleans())
    def ask(self, works: bool, obeys: bool) -> None:
        """The hub asks the server for what is wanted."""
        self.outlet = outlets.dealt_with(self.outlet, self.charger)
        what = outlets.asking(self.outlet, self.charger, lease_over=self.lease_over)
        if what is None:
            return
        if works:
            self.outlet = outlets.asked(self.outlet, what)
            # A server that once does nothing at all about "on" is found out by the order's time-out.
            if obeys or (what.on and what.order is None):
                self.server_on = what.on
        elif what.on:
            self.outlet = outlets.failed(self.outlet, what, "rejected")
        self._hear()

    @rule()
    def listen(self) -> None:
        """The hub hears how it stands."""
        self.outlet = outlets.heard(self.outlet, self.server_on)
        self._hear()

    @rule(on=st.booleans())
    def press(self, on: bool) -> None:
        """Somebody switches at the other end."""
        self.server_on = on

    @rule(over=st.booleans())
    def lose(self, over: bool) -> None:
        """The lease runs out, or the server is heard again."""
        self.lease_over = over

    @precondition(lambda self: not self.lease_over)
    @rule()
    def settle(self) -> None:
        """With a server that obeys, and nobody who interferes, what is wanted comes true."""
        for _ in range(4):
            self.ask(works=True, obeys=True)
            self.listen()
            if self.outlet.asked is True:
                self.time_out()
        assert self.server_on == bool(self.charger.desired_on)
        assert self.outlet.on == self.server_on

    @invariant()
    def off_is_asked_for_as_long_as_power_flows(self) -> None:
        """Nothing that is not wanted, or whose lease is over, is left alone."""
        order = self.charger.order
        if order is not None and order.state is OrderState.pending:
            return
        if self.outlet.on and (self.lease_over or not self.charger.desired_on):
            what = outlets.asking(self.outlet, self.charger, lease_over=self.lease_over)
            assert what is not None
            assert what.on is False


TestTogether = Together.TestCase
TestTogether.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)  # fmt: skip

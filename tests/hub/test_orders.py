"""How an order fares: one line per thing that a board may say."""

from typing import Any

from msgspec.structs import replace
import pytest

from kickwatt_hub.model import Order, OrderState, Said
from kickwatt_hub.orders import Wish, hear, withdraw

SAID = Said(
    fw="0.1.0",
    up=1,
    reset="power_on",
    clock=None,
    csq=17,
    state="idle",
    relay=0,
    why="boot",
    trips=(),
    order=0,
    refused=None,
    rev=0,
    left=0,
)
ON = Order(id=7, charger_id="scooter", relay_on=True, created_ms=0)
OFF = Order(id=7, charger_id="scooter", relay_on=False, created_ms=0)


def _wish(order: Order, state: OrderState = OrderState.pending) -> Wish:
    return Wish(order.relay_on, replace(order, state=state))


@pytest.mark.parametrize(
    ("said", "on", "state", "reason"),
    [
        # not heard yet
        ({"relay": 0, "order": 6}, True, "pending", None),
        ({"relay": 1, "order": 6, "why": "order"}, True, "pending", None),
        # heard
        ({"relay": 1, "order": 7, "why": "order"}, True, "done", None),
        ({"relay": 0, "order": 7, "why": "lease"}, True, "pending", None),
        ({"relay": 0, "order": 7, "why": "boot"}, True, "pending", None),
        # refused
        ({"relay": 0, "order": 7, "refused": "trip"}, False, "refused", "trip"),
        ({"relay": 0, "order": 7, "refused": "sensor"}, False, "refused", "sensor"),
        ({"relay": 0, "order": 7, "refused": "flapping"}, False, "refused", "flapping"),
        # begun and ended before the board could tell
        (
            {"relay": 0, "order": 7, "why": "cut_off", "state": "done"},
            False,
            "refused",
            "ended",
        ),
        ({"relay": 0, "order": 7, "why": "button"}, False, "refused", "ended"),
        ({"relay": 0, "order": 7, "why": "trip"}, False, "refused", "trip"),
    ],
)
def test_an_order_for_on(
    said: dict[str, Any], on: bool, state: str, reason: str | None
) -> None:
    """While it waits."""
    wish = hear(_wish(ON), replace(SAID, **said))
    assert wish.order is not None
    assert (wish.on, wish.order.state, wish.order.reason) == (on, state, reason)


@pytest.mark.parametrize(
    ("said", "on", "state"),
    [
        ({"relay": 1, "order": 6, "why": "order"}, False, "pending"),
        ({"relay": 1, "order": 6, "why": "button"}, False, "pending"),
        ({"relay": 1, "order": 7, "why": "order"}, False, "pending"),
        ({"relay": 0, "order": 6}, False, "done"),
        ({"relay": 0, "order": 7}, False, "done"),
        (
            {"relay": 1, "order": 7, "why": "button"},
            True,
            "done",
        ),  # off, and then somebody pressed the button
    ],
)
def test_an_order_for_off(said: dict[str, Any], on: bool, state: str) -> None:
    """While it waits."""
    wish = hear(_wish(OFF), replace(SAID, **said))
    assert wish.order is not None
    assert (wish.on, wish.order.state) == (on, state)


@pytest.mark.parametrize(
    ("said", "on"),
    [
        ({"relay": 1, "order": 7, "why": "order"}, True),
        # what opens it for a while
        ({"relay": 0, "order": 7, "why": "lease"}, True),
        ({"relay": 0, "order": 7, "why": "boot"}, True),
        ({"relay": 0, "order": 7, "why": "lease", "refused": "sensor"}, True),
        ({"relay": 0, "order": 7, "why": "lease", "refused": "flapping"}, True),
        # what ends it
        ({"relay": 0, "order": 7, "why": "cut_off", "state": "done"}, False),
        ({"relay": 0, "order": 7, "why": "trip", "state": "tripped"}, False),
        ({"relay": 0, "order": 7, "why": "button"}, False),
        ({"relay": 0, "order": 7, "why": "boot", "refused": "ended"}, False),
        ({"relay": 0, "order": 7, "why": "boot", "refused": "trip"}, False),
        # an older story
        ({"relay": 0, "order": 6, "why": "cut_off"}, True),
    ],
)
def test_after_an_order_for_on_was_done(said: dict[str, Any], on: bool) -> None:
    """What the board ends by itself is not asked for again."""
    wish = hear(_wish(ON, OrderState.done), replace(SAID, **said))
    assert (wish.on, wish.order) == (on, replace(ON, state=OrderState.done))


def test_the_button_is_a_wish_as_good_as_any() -> None:
    """Also when nobody has ordered anything yet; and a second press takes it back."""
    nobody = Wish(None, None)
    assert nobody.order_id == 0
    assert hear(nobody, SAID) == nobody
    pressed = hear(nobody, replace(SAID, relay=1, why="button"))
    assert (pressed.on, pressed.order_id) == (True, 0)
    again = hear(pressed, replace(SAID, relay=0, why="button"))
    assert again.on is False
    assert hear(nobody, replace(SAID, relay=1, why="order")).on is None


def test_an_unanswered_order_is_withdrawn() -> None:
    """On becomes off; off stays what it was; what is settled stays settled."""
    for order in (ON, OFF):
        wish = withdraw(_wish(order), "timeout")
        assert wish.order is not None
        assert (wish.on, wish.order.state, wish.order.reason) == (
            False,
            "expired",
            "timeout",
        )
    done = _wish(ON, OrderState.done)
    assert withdraw(done, "timeout") == done


@pytest.mark.parametrize(
    ("what", "said", "state", "reason"),
    [
        ("clear", {"order": 6, "trips": ("welded",)}, "pending", "clear"),
        ("clear", {"order": 6}, "pending", "clear"),
        ("clear", {"order": 7}, "done", "clear"),
        (
            "clear",
            {"order": 7, "trips": ("welded",), "refused": "remote"},
            "refused",
            "remote",
        ),
        # Firmware that knows of no such orders only switches off.
        ("clear", {"order": 7, "trips": ("welded",)}, "refused", "firmware"),
        ("restart", {"order": 6}, "pending", "restart"),
        ("restart", {"order": 7, "trips": ("welded",)}, "done", "restart"),
    ],
)
def test_an_order_that_has_something_done(
    what: str, said: dict[str, Any], state: str, reason: str
) -> None:
    """The board has to say that it has seen it, be its relay open already or not."""
    wish = hear(_wish(replace(OFF, reason=what)), replace(SAID, **said))
    assert wish.order is not None
    assert (wish.on, wish.order.state, wish.order.reason) == (False, state, reason)

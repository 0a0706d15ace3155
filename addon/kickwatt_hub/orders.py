"""How an order fares: what a board says, held against what somebody wanted.

    pending ──reported──▶ done        the board reports the wanted state
       │────────────────▶ refused     it says why not
       └────────────────▶ expired     a newer order took its place, or an order for "on" was not answered in time

What a board ends by itself (cut-off, trip, button) fulfils the wish for "on": it is not sent again.
"""

from msgspec import Struct
from msgspec.structs import replace

from .model import Order, OrderState, Said

_BY_ITSELF = ("cut_off", "idle", "trip", "button")
# Other refusals pass (a sensor comes back, a pause is over), and the board then closes by the same order.
_FOR_GOOD = ("trip", "ended")

# What an order for "off" may have done besides, once; it is the reason that such an order carries.
DO = ("clear", "restart")


class Wish(Struct, frozen=True):
    """What is wanted of one relay. `on` is None as long as nobody has asked."""

    on: bool | None
    order: Order | None

    @property
    def order_id(self) -> int:
        """The id that goes to the board, 0 for none."""
        return self.order.id if self.order else 0

    @property
    def pending(self) -> Order | None:
        """The order that waits for its answer."""
        return (
            self.order
            if self.order and self.order.state is OrderState.pending
            else None
        )


def hear(wish: Wish, said: Said) -> Wish:
    """Return the wish after the board has spoken."""
    if wish.pending is not None:
        wish = _hear_pending(wish, wish.pending, said)
    if said.order != wish.order_id or wish.pending is not None:
        return wish
    if (
        wish.on
        and not said.relay
        and (said.why in _BY_ITSELF or said.refused in _FOR_GOOD)
    ):
        return Wish(False, wish.order)
    if not wish.on and said.relay and said.why == "button":
        # Somebody stands there and pressed the button after the last order: that is a wish as good as any. It keeps
        # the old order's id. Under a new one the board would close again if it has cut off meanwhile.
        return Wish(True, wish.order)
    return wish


def withdraw(wish: Wish, reason: str) -> Wish:
    """Return the wish after its pending order has come to nothing: an unanswered "on" must not fire later."""
    order = wish.pending
    if order is None:
        return wish
    return Wish(
        False if order.relay_on else wish.on, _end(order, OrderState.expired, reason)
    )


def _hear_pending(wish: Wish, order: Order, said: Said) -> Wish:
    dealt_with = said.order == order.id
    if order.reason in DO:
        return _hear_done(wish, order, said) if dealt_with else wish
    if not order.relay_on:
        fulfilled = not said.relay or (dealt_with and said.why == "button")
        return Wish(False, _end(order, OrderState.done, None)) if fulfilled else wish
    if not dealt_with:
        return wish
    if said.refused is not None:
        return Wish(False, _end(order, OrderState.refused, said.refused))
    if said.relay:
        return Wish(True, _end(order, OrderState.done, None))
    if said.why in _BY_ITSELF:
        reason = "trip" if said.why == "trip" else "ended"
        return Wish(False, _end(order, OrderState.refused, reason))
    return wish


def _hear_done(wish: Wish, order: Order, said: Said) -> Wish:
    refused = said.refused
    if refused is None and order.reason == "clear" and said.trips:
        refused = "firmware"  # it took the order for a mere "off"
    state = OrderState.done if refused is None else OrderState.refused
    return Wish(False, _end(order, state, refused))


def _end(order: Order, state: OrderState, reason: str | None) -> Order:
    """Settle an order; what it was given for stays with it unless there is something to say about its end."""
    return replace(order, state=state, reason=reason or order.reason)

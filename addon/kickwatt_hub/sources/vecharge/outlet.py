"""A charger behind a server, as if it were a board of ours: what the server says becomes a board's words.

The server knows no leases, no order ids, no end of a charge. So this end plays the board: it keeps which order it has dealt
with, why power flows or does not, and says what has to be asked of the server next. No I/O, no clock.
"""

from dataclasses import dataclass, replace

from ...model import Charger, OrderState, Said


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where the charger stands."""

    on: bool = False
    """What the server says."""
    why: str = "boot"
    """Why it is so, in S1's words."""
    order: int = 0
    """The newest order that was dealt with."""
    refused: str | None = None
    """Why that one came to nothing."""
    asked: bool | None = None
    """What the server was asked for and has not shown yet."""
    cause: str = "order"
    """What will have been the reason once it shows it."""
    session_wh: int | None = None
    """The server's count of this charge's energy."""

    @classmethod
    def of(cls, said: Said | None) -> Outlet:
        """Return where it stood when the hub last heard of it."""
        if said is None:
            return cls()
        return cls(bool(said.relay), said.why, said.order, said.refused)

    def said(self, charger: Charger, revision: int | None) -> Said:
        """Return it in a board's words."""
        state = "idle" if self.on else "done" if self.why == "cut_off" else "off"
        server = "veCharge" if revision is None else f"veCharge, Engine.IO {revision}"
        return Said(
            fw=server,
            up=0,
            reset="unknown",
            clock=None,
            csq=99,
            state=state,
            relay=int(self.on),
            why=self.why,
            trips=(),
            order=self.order,
            refused=self.refused,
            rev=charger.settings_rev,  # the hub itself keeps to the settings
            left=0,
        )


@dataclass(frozen=True, slots=True)
class Asking:
    """What to ask the server for, and why."""

    on: bool
    cause: str
    order: int | None = None
    """That it is an answer to."""


def heard(outlet: Outlet, on: bool) -> Outlet:
    """Return it after the server has said whether its power is on.

    A change that we have not asked for is somebody's at the other end, as the button on a board is. But an "on" that comes
    after we have asked for "off" is late, and nobody's wish.
    """
    if on == outlet.on:
        return replace(outlet, asked=None) if outlet.asked == on else outlet
    if outlet.asked is not None and outlet.asked != on:
        return replace(outlet, on=on)
    why = "button" if outlet.asked is None else outlet.cause
    session_wh = None if on else outlet.session_wh
    return replace(outlet, on=on, why=why, asked=None, refused=None, session_wh=session_wh)  # fmt: skip


def switched_off(outlet: Outlet) -> Outlet:
    """Return it after the hub has taken the power away because it goes itself."""
    return replace(outlet, on=False, why="lease", asked=None)


def counted(outlet: Outlet, session_wh: float | None) -> Outlet:
    """Return it with the energy of this charge. A count that falls by a little was corrected, and did not begin anew."""
    if session_wh is None:
        return outlet
    now_wh, before_wh = round(session_wh), outlet.session_wh
    if before_wh is not None and before_wh / 2 < now_wh < before_wh:
        now_wh = before_wh
    return replace(outlet, session_wh=now_wh)


def asking(outlet: Outlet, charger: Charger, *, lease_over: bool) -> Asking | None:
    """Return what the server has to be asked for now.

    `lease_over`: the hub has not heard of the server for as long as its word holds; then power may not flow on.
    """
    wanted = bool(charger.desired_on)
    flows = outlet.on or outlet.asked is True
    order = charger.order
    if order is not None and order.id != outlet.order:
        if order.state is OrderState.pending:
            return Asking(order.relay_on, "order", order.id)
    if lease_over:
        return Asking(False, "lease") if flows else None
    if not wanted:
        return Asking(False, "order") if flows else None
    if outlet.on and charger.phase == "full":
        return Asking(False, "cut_off")  # a board of ours would end it, too
    if not flows and outlet.why == "lease" and outlet.asked is None:
        return Asking(True, "order")  # nobody has decided against it
    return None


def dealt_with(outlet: Outlet, charger: Charger) -> Outlet:
    """Return it after an order that was settled before it could be asked for: nothing had to change."""
    order = charger.order
    if order is None or order.id == outlet.order or order.state is OrderState.pending:
        return outlet
    return replace(outlet, order=order.id, refused=None)


def asked(outlet: Outlet, what: Asking) -> Outlet:
    """Return it after the server has accepted; what is so already needs no further word."""
    order = outlet.order if what.order is None else what.order
    settled = replace(outlet, order=order, refused=None, asked=None, cause=what.cause)
    if outlet.on == what.on:
        return settled
    # Whoever had switched it before was overruled.
    return replace(settled, asked=what.on, why="order" if outlet.on else outlet.why)


def failed(outlet: Outlet, what: Asking, reason: str) -> Outlet:
    """Return it after the server could not be asked for power, or has refused it."""
    if what.order is None:
        return replace(outlet, why="idle")
    return replace(outlet, order=what.order, refused=reason)

"""The same events for new clients: numbers as numbers, numbered, resumable. Their contract: docs/vecharge.md and AsyncAPI.

They are in a namespace of their own, `/events`, so that the old ones stay as they were byte for byte. Whoever watches here
holds nothing: there may be many, and a token that may only read will do.
"""

from typing import Literal

from msgspec import Struct

from ...model import Charger, Reading
from .. import shapes

NAMESPACE = "/events"


class Resume(Struct, frozen=True):
    """The newest event that a client has, and of which run of the hub."""

    run: str
    number: int


class Watch(Struct, frozen=True):
    """What a client says when it connects, in Socket.IO's `auth`. Without a charger it watches all of them."""

    token: str = ""
    charger_id: str | None = None
    resume: Resume | None = None


class ChargerState(Struct, frozen=True, kw_only=True):
    """A charger as it is now."""

    charger_id: str
    name: str
    online: bool
    status: Literal["on", "off"] | None
    """What its device says of the relay; null: never heard of."""
    desired: Literal["on", "off"] | None
    state: str


class Connected(Struct, frozen=True, kw_only=True):
    """`connected`: the first event, and again when a client was too slow to be told everything."""

    run: str
    """Changes when the hub restarts; a resume of another run begins anew."""
    number: int
    resumed: bool
    """Whether everything since the client's own number follows; else `chargers` is what there is."""
    chargers: tuple[ChargerState, ...]


class StatusChanged(Struct, frozen=True, kw_only=True):
    """`status_changed`: power went on or off, or it was the first time that anybody said so."""

    number: int
    """Everything up to it has been told with this."""
    previous: int
    """That of the event before; another one than a client has seen is a gap."""
    charger_id: str
    time: str
    """RFC 3339, UTC: when the hub told it."""
    status: Literal["on", "off"]


class Logged(Struct, frozen=True, kw_only=True):
    """`log`: a measurement; null is what was not measured."""

    number: int
    previous: int
    charger_id: str
    time: str
    """RFC 3339, UTC: when it was measured."""
    voltage_v: float | None
    current_a: float | None
    power_w: float | None
    """Real power."""
    power_factor: float | None
    energy_wh: float | None
    """Lifetime, never falls."""
    session_wh: float | None
    """Of this charge, or the last one."""


class Removed(Struct, frozen=True, kw_only=True):
    """`charger_removed`: there is no such charger any more."""

    number: int
    previous: int
    charger_id: str


type Told = Connected | StatusChanged | Logged | Removed

EVENTS: dict[type, str] = {
    Connected: "connected",
    StatusChanged: "status_changed",
    Logged: "log",
    Removed: "charger_removed",
}


def state(charger: Charger) -> ChargerState:
    """Return a charger as it is now."""
    return ChargerState(
        charger_id=charger.id,
        name=charger.name,
        online=charger.online,
        status=_word(charger.relay_on),
        desired=_word(charger.desired_on),
        state=charger.state,
    )


def _word(on: bool | None) -> Literal["on", "off"] | None:
    return None if on is None else "on" if on else "off"


def logged(number: int, previous: int, charger: Charger, reading: Reading) -> Logged:
    """Return a measurement of a charger."""
    session = charger.session
    return Logged(
        number=number,
        previous=previous,
        charger_id=charger.id,
        time=shapes.when(reading.time_ms) or "",
        voltage_v=reading.voltage_v,
        current_a=reading.current_a,
        power_w=reading.power_w,
        power_factor=reading.power_factor,
        energy_wh=reading.energy_wh,
        session_wh=None if session is None else session.energy_wh,
    )

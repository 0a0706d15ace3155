"""A site: what goes through its meter, what its chargers take of that, and the rest that nobody explains."""

from collections.abc import Sequence

from msgspec import Struct

from ..model import Charger
from .model import Meter

_TOTAL = "active_power"
_PHASES = ("active_power_l1", "active_power_l2", "active_power_l3")
_WATTS = {"W": 1.0, "kW": 1000.0}


class Place(Struct, frozen=True):
    """A location as a site: its name, and the chargers that stand there."""

    id: int
    name: str
    chargers: tuple[str, ...]


class Site(Struct, frozen=True, kw_only=True):
    """A site at this moment."""

    id: int
    name: str
    meters: tuple[int, ...]
    """Its site meters; what it takes is their sum."""
    chargers: tuple[str, ...]
    power_w: float | None
    """What goes through the meters; negative: it is fed in."""
    chargers_w: float | None
    """What the chargers take, as far as it is known."""
    rest_w: float | None
    """What is left for everything else."""
    unknown: tuple[str, ...]
    """Chargers whose power nobody knows; it is in the rest."""


def site(place: Place, meters: Sequence[Meter], chargers: Sequence[Charger]) -> Site:
    """Return what a site comes to; of the meters and chargers of the hub only its own count."""
    own = [
        each
        for each in meters
        if each.config.location == place.id and each.config.polling.site_meter
    ]
    powers = [power_w(each) for each in own]
    total_w = _sum(powers)
    taken = {
        each.id: each.reading.power_w if each.online and each.reading else None
        for each in chargers
        if each.id in place.chargers
    }
    chargers_w = _sum([each for each in taken.values() if each is not None])
    return Site(
        id=place.id,
        name=place.name,
        meters=tuple(each.config.id for each in own),
        chargers=tuple(taken),
        power_w=total_w,
        chargers_w=chargers_w,
        rest_w=None if total_w is None else round(total_w - (chargers_w or 0.0), 1),
        unknown=tuple(name for name, each in taken.items() if each is None),
    )


def power_w(meter: Meter) -> float | None:
    """Return the real power that a meter measures now, the sum of its phases where it has no total."""
    if not meter.state.online:
        return None
    names = [_TOTAL] if _TOTAL in meter.state.values else _PHASES
    return _sum([_measured_w(meter, each) for each in names])


def _measured_w(meter: Meter, name: str) -> float | None:
    value = meter.state.values.get(name)
    register = meter.config.registers.get(name)
    factor = _WATTS.get((register and register.unit) or "")
    return None if value is None or factor is None else value * factor


def _sum(powers: Sequence[float | None]) -> float | None:
    """Return the sum, None where there is nothing to add or a part is not known."""
    known = [each for each in powers if each is not None]
    if not powers or len(known) < len(powers):
        return None
    return round(sum(known), 1)

"""Adding a meter and choosing what is read from it: the same for the API and the command line."""

from collections.abc import Iterable
from dataclasses import dataclass

from ..store import Store, StoreError
from ..store.management import ASSIGNMENT, HOST, LOCATION, Row
from . import models
from .model import Polling

_HOME: Row = {
    "street": "Home",
    "city": "Home",
    "zip_code": "00-000",
    "coord_x": None,
    "coord_y": None,
}
"""Where a meter stands of which nobody has said so; the columns that a location must have."""


class UnfitError(StoreError):
    """What was chosen is not there; `field` says which choice."""

    def __init__(self, field: str, sentence: str) -> None:
        """`field` is a name of `NewMeter`."""
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMeter:
    """A meter to be added."""

    host: str
    port: int
    unit: int
    model: str
    name: str | None
    site: int | None
    """None: the first location of whoever adds it, made where there is none."""
    measurements: Iterable[str] | None
    """None: all that the model has."""
    polling: Polling


async def add(store: Store, new: NewMeter, user: int) -> int:
    """Add a meter and return its id. Raises UnfitError, and NotUniqueError where there is one at this place."""
    model = await model_of(store, new.model)
    names = await measurements_of(store, model, new.measurements)
    place = await place_of(store, new.site, user)
    row: Row = {
        "ip": new.host,
        "port": new.port,
        "slave_address": new.unit,
        "description": new.name,
        "user": place["user"],
        "location": place["id"],
        "meter": model,
    }
    (added,) = await store.management.add(HOST, [row])
    key = int(str(added["id"]))
    await store.meters.set_polling(key, new.polling)
    await assign(store, key, names)
    return key


async def model_of(store: Store, name: str) -> int:
    """Return the id of a model, stored now if it comes with the hub. Raises UnfitError."""
    found = await models.find(store, name)
    if found is None:
        raise UnfitError("model", f"There is no meter model {name}.")
    return found


async def measurements_of(
    store: Store, model: int, wanted: Iterable[str] | None
) -> list[str]:
    """Return what is to be read of a model. Raises UnfitError."""
    rows = await store.management.measurements_of(model)
    known = [str(row["measurement"]) for row in rows]
    if wanted is None:
        return known
    chosen = sorted(set(wanted))
    for name in chosen:
        if name not in known:
            raise UnfitError("measurements", f"The meter model has no {name}.")
    return chosen


async def place_of(store: Store, site: int | None, user: int) -> Row:
    """Return the location of this number, else the first of a user's. Raises UnfitError."""
    if site is not None:
        found = None
        if abs(site) < 2**63:
            found = await store.management.row(LOCATION, {"id": site})
        if found is None:
            raise UnfitError("site", "There is no such site.")
        return found
    found = await store.management.row(LOCATION, {"user": user})
    if found is None:
        home: Row = {**_HOME, "number": str(user), "user": user}
        (found,) = await store.management.add(LOCATION, [home])
    return found


async def assign(store: Store, host: int, names: Iterable[str]) -> None:
    """Have these measurements read from a host."""
    await store.management.add(
        ASSIGNMENT, [{"host": host, "measurement": name} for name in names]
    )

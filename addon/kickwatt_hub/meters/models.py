"""Meter models: those that come with the hub, and how one of them gets among those that hosts can have.

A model that comes with the hub is stored when somebody first wants it: the energy monitoring API lists what people made, and
its clients may make one of the same name themselves.
"""

from functools import cache

from ..sources.modbus import model
from ..sources.modbus.model import MeterModel
from ..store import AlreadyThereError, Store
from ..store.management import METER


@cache
def shipped() -> dict[str, MeterModel]:
    """Return the models that come with the hub, by name."""
    return model.shipped()


async def adopted(store: Store, name: str) -> int | None:
    """Return the id of a model that comes with the hub, stored now; None where there is none of that name."""
    if name not in shipped():
        return None
    try:
        return await store.meters.adopt(shipped()[name])
    except AlreadyThereError:
        row = await store.management.row(METER, {"name": name})
        return None if row is None else int(str(row["id"]))


async def find(store: Store, name: str) -> int | None:
    """Return the id of the model of this name, None where there is none."""
    row = await store.management.row(METER, {"name": name})
    return await adopted(store, name) if row is None else int(str(row["id"]))

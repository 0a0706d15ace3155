"""Hosts in a store, without a hub."""

from kickwatt_hub.model import Scope, User
from kickwatt_hub.sources.modbus.model import shipped
from kickwatt_hub.store import Store, management
from kickwatt_hub.store.management import Row

_PLACE: Row = {
    "street": "Main",
    "number": "1",
    "city": "Town",
    "zip_code": "00-000",
    "coord_x": None,
    "coord_y": None,
}


async def add_hosts(
    store: Store,
    count: int,
    *,
    port: int = 502,
    measurements: tuple[str, ...] = (),
) -> list[int]:
    """Add so many SDM630 at one place of the user `owner`, the units of one gateway; return their ids."""
    meter = await store.meters.adopt(shipped()["sdm630"])
    await store.accounts.add_user(
        User(name="owner", email=None, scope=Scope.admin, created_ms=1), None
    )
    owner = await store.accounts.named("owner")
    assert owner is not None
    (place,) = await store.management.add(
        management.LOCATION, [{**_PLACE, "user": owner.id}]
    )
    added = await store.management.add(
        management.HOST,
        [
            {
                "ip": "127.0.0.1",
                "port": port,
                "slave_address": unit,
                "description": None,
                "user": owner.id,
                "location": place["id"],
                "meter": meter,
            }
            for unit in range(1, count + 1)
        ],
    )
    hosts = [int(str(each["id"])) for each in added]
    await store.management.add(
        management.ASSIGNMENT,
        [
            {"host": host, "measurement": name}
            for host in hosts
            for name in measurements
        ],
    )
    return hosts

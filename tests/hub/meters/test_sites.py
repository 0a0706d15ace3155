"""A site: its meter against its chargers, and the rest that nobody explains."""

import asyncio
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.meters.model import Meter, MeterConfig, MeterState, Polling
from kickwatt_hub.meters.site import Place, site
from kickwatt_hub.sources.modbus.register import Register
from kickwatt_sim.energy_meter import SimulatedMeter
from tests.hub.management.conftest import Caller
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.until import until

from .conftest import new


def _meter(
    meter_id: int = 1,
    *,
    location: int = 1,
    site_meter: bool = True,
    online: bool = True,
    unit: str = "W",
    **values: float,
) -> Meter:
    registers = {name: Register(address=0, unit=unit) for name in values}
    return Meter(
        config=MeterConfig(
            id=meter_id,
            name="House",
            host="127.0.0.1",
            port=502,
            unit=1,
            owner=1,
            location=location,
            model="sdm630",
            title="SDM630",
            longest_read=60,
            registers=registers,
            cumulative=frozenset(),
            lacking=(),
            polling=Polling(site_meter=site_meter),
        ),
        state=MeterState(online=online, values=values),
    )


@pytest.mark.parametrize(
    ("meters", "power_w"),
    [
        ([_meter(active_power=1500.0)], 1500.0),
        ([_meter(active_power=-200.0)], -200.0),
        ([_meter(active_power=0.0)], 0.0),
        ([_meter(unit="kW", active_power=1.5)], 1500.0),
        (
            [_meter(active_power_l1=1.0, active_power_l2=2.0, active_power_l3=3.5)],
            6.5,
        ),
        ([_meter(active_power_l1=1.0, active_power_l2=2.0)], None),
        ([_meter(active_power=5.0, active_power_l1=1.0)], 5.0),
        ([_meter(1, active_power=5.0), _meter(2, active_power=6.0)], 11.0),
        (
            [_meter(1, active_power=5.0), _meter(2, online=False, active_power=6.0)],
            None,
        ),
        ([_meter(active_power=5.0, site_meter=False)], None),
        ([_meter(active_power=5.0, location=2)], None),
        ([_meter(online=False, active_power=5.0)], None),
        ([_meter(unit="A", active_power=5.0)], None),
        ([_meter(voltage=230.0)], None),
        ([], None),
    ],
)
def test_a_site_takes_what_its_meters_say(
    meters: list[Meter], power_w: float | None
) -> None:
    """All of them, or nobody knows."""
    found = site(Place(1, "Main 1, Town", ()), meters, [])
    assert (found.power_w, found.rest_w) == (power_w, power_w)
    assert found.chargers_w is None


async def test_what_a_charger_takes_is_explained(
    hub: RunningHub,
    owner: Caller,
    http: aiohttp.ClientSession,
    sdm630: SimulatedMeter,
) -> None:
    """The rest is the others'; a charger of which nobody has heard is named."""
    added = await owner.add("/api/v1/meters", new(sdm630, site_meter=True))
    path = f"/api/v1/sites/{added['site']}"
    key = await hub.add_charger("scooter")
    await hub.add_charger("bike")
    for charger in ("scooter", "bike"):
        status, _ = await owner("PUT", f"{path}/chargers/{charger}")
        assert status == 200
    board = S1Device(hub.device_url, "scooter", key, session=http)
    await board.report(91.5, state="charging")

    async def explained() -> Any:
        found = await owner.get(path)
        return found if found["chargers_w"] == 91.5 and found["power_w"] else None

    found = await until(explained)
    assert found["rest_w"] == pytest.approx(found["power_w"] - 91.5, abs=0.05)
    assert (found["meters"], found["unknown"]) == ([added["id"]], ["bike"])
    assert [each["id"] for each in await owner.get("/api/v1/sites")] == [found["id"]]
    assert (await owner("DELETE", f"{path}/chargers/bike"))[0] == 204
    assert (await owner.get(path))["unknown"] == []
    for method, wrong in (
        ("GET", "/api/v1/sites/99"),
        ("GET", "/api/v1/sites/x"),
        ("PUT", f"{path}/chargers/nobody"),
        ("PUT", "/api/v1/sites/99/chargers/scooter"),
        ("DELETE", f"{path}/chargers/bike"),
    ):
        status, refused = await owner(method, wrong)
        assert (status, refused["error"]["code"]) == (404, "not_found")


async def test_clients_hear_what_a_site_comes_to(
    hub: RunningHub,
    owner: Caller,
    http: aiohttp.ClientSession,
    sdm630: SimulatedMeter,
) -> None:
    """And that nothing belongs to it any more."""
    async with http.ws_connect(hub.url + "/api/v1/live") as socket:
        await socket.receive_json()
        await socket.send_json({"type": "auth", "token": owner.token})
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "id": 1})
        await socket.receive_json()
        added = await owner.add("/api/v1/meters", new(sdm630, site_meter=True))

        async def event(name: str) -> dict[str, Any]:
            async with asyncio.timeout(60):
                while (said := await socket.receive_json())["event"] != name:
                    pass
                found: dict[str, Any] = said
                return found

        while (await event("site"))["site"]["rest_w"] is None:
            pass
        await owner("PATCH", f"/api/v1/meters/{added['id']}", {"site_meter": False})
        assert (await event("site_removed"))["site_id"] == added["site"]

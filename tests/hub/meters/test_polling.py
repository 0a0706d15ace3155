"""The hub polls the hosts that are stored: from when they are added, as they are changed, until they are removed."""

import asyncio
from datetime import datetime
from pathlib import Path
import socket
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.meters.polling import NO_REGISTER, NOTHING_CHOSEN
from kickwatt_hub.sources.modbus.model import shipped
from kickwatt_hub.store import UnavailableError
from kickwatt_sim.energy_meter import House, SimulatedMeter
from tests.hub.management.conftest import PLACE, Caller
from tests.support.hub_process import RunningHub, running_hub
from tests.support.until import until

from .conftest import new

MODEL = shipped()["sdm630"]


async def _live(caller: Caller, meter_id: int) -> dict[str, Any]:
    found: dict[str, Any] = await caller.get(f"/api/v1/meters/{meter_id}")
    return found


async def _heard(caller: Caller, meter_id: int) -> dict[str, Any]:
    """Wait until a meter was heard, and return it."""

    async def look() -> dict[str, Any] | None:
        found = await _live(caller, meter_id)
        return found if found["online"] else None

    found = await until(look)
    assert found is not None
    return found


async def test_a_meter_that_was_added_is_read_whole_and_its_readings_are_kept(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """All that its model has, each with its unit."""
    added = await owner.add("/api/v1/meters", new(sdm630, name="House"))
    assert (added["name"], added["title"]) == ("House", MODEL.title)
    live = await _heard(owner, added["id"])
    assert live["values"].keys() == MODEL.registers.keys()
    assert live["missing"] == {}
    assert live["values"]["voltage_l1"]["value"] == pytest.approx(230, abs=10)
    assert live["values"]["voltage_l1"]["unit"] == "V"
    assert live["values"]["energy_import"]["cumulative"]
    path = f"/api/v1/meters/{added['id']}/history?measurement=voltage_l1"

    async def kept() -> Any:
        return (await owner.get(path))["readings"]

    readings = await until(kept)
    assert readings[0]["value"] == pytest.approx(230, abs=10)
    assert (await owner.get(path))["unit"] == "V"
    assert (await owner.get(path + "&points=2"))["points"]


async def test_what_is_changed_is_polled_as_it_is_changed(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """Measurements, the place, and a meter that was removed is not asked any more."""
    added = await owner.add(
        "/api/v1/meters", new(sdm630, measurements=["voltage_l1", "active_power"])
    )
    path = f"/api/v1/meters/{added['id']}"
    live = await _heard(owner, added["id"])
    assert live["values"].keys() == {"voltage_l1", "active_power"}
    status, changed = await owner("PATCH", path, {"measurements": ["frequency"]})
    assert (status, list(changed["values"])) == (200, ["frequency"])

    async def frequency() -> bool:
        return (await _live(owner, added["id"]))["values"]["frequency"]["value"] == 50

    await until(frequency)
    async with SimulatedMeter(House(1)) as other:
        status, changed = await owner("PATCH", path, {"port": other.port, "name": "B"})
        assert (status, changed["name"]) == (200, "B")

        async def asked() -> int:
            return other.requests

        await until(asked)
        assert (await owner("DELETE", path))[0] == 204
        assert (await owner("GET", path))[0] == 404
        requests = other.requests, sdm630.requests
    assert owner.hub.hub.context.meters.snapshot() == []
    assert (other.requests, sdm630.requests) == requests


async def test_who_manages_over_the_old_api_gets_the_same(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """A shipped model by its name, and only the measurements that were assigned."""
    place = await owner.add("/user/locations", PLACE)
    host = await owner.add(
        "/user/hosts",
        {
            "ip": sdm630.host,
            "port": sdm630.port,
            "slave_address": 1,
            "location": place["id"],
            "meter": "sdm630",
        },
    )
    path = f"/user/hosts/{host['id']}"
    values = await owner.get(f"{path}/values")
    assert (values["values"], values["error"]) == ([], NOTHING_CHOSEN)
    await owner("PATCH", f"{path}/polling", {"interval_s": 1})
    await owner.add("/admin/measurements", {"measurement": "moon", "type": 1})
    names = ["voltage_l1", "energy_import", "moon"]
    await owner.add(f"{path}/measurements", {"measurements": names})

    async def heard() -> Any:
        found = await owner.get(f"{path}/values")
        return found if found["online"] else None

    values = await until(heard)
    assert values["missing"] == {"moon": NO_REGISTER}
    assert [(each["measurement"], each["unit"]) for each in values["values"]] == [
        ("energy_import", "kWh"),
        ("voltage_l1", "V"),
    ]
    assert await owner.get(f"{path}/values?limit=1&offset=1") == {
        **await owner.get(f"{path}/values"),
        "values": (await owner.get(f"{path}/values"))["values"][1:],
    }


async def test_a_register_that_is_changed_is_read_as_it_is_now(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """By an administrator, while the meter is polled."""
    added = await owner.add("/api/v1/meters", new(sdm630, measurements=["frequency"]))
    await _heard(owner, added["id"])
    registers = await owner.get("/admin/registers")
    (register,) = [each for each in registers if each["measurement"] == "frequency"]
    change = {"scale": 1000.0, "unit": "mHz"}
    await owner("PATCH", f"/admin/registers/{register['id']}", change)

    async def changed() -> bool:
        live = await _live(owner, added["id"])
        shown: dict[str, Any] = live["values"]["frequency"]
        return (shown["value"], shown["unit"]) == (50_000, "mHz")

    await until(changed)


async def test_what_is_no_number_is_never_stored(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """The meter answers, and says why there is nothing."""
    sdm630.fault = "nan"
    added = await owner.add("/api/v1/meters", new(sdm630))

    async def asked() -> Any:
        found = await _live(owner, added["id"])
        return found if len(found["missing"]) == len(MODEL.registers) else None

    found = await until(asked)
    assert set(found["missing"].values()) == {"not a number"}
    assert {each["value"] for each in found["values"].values()} == {None}
    sdm630.fault = None
    path = f"/api/v1/meters/{added['id']}/history?measurement=frequency"

    async def kept() -> Any:
        return (await owner.get(path))["readings"]

    first, nothing = (await until(kept))[0]["time"], found["last_seen"]
    assert datetime.fromisoformat(first) > datetime.fromisoformat(nothing)


async def test_why_there_is_nothing_is_still_told_after_a_meter_was_renamed(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """It is asked once an hour: until then nobody would know."""
    sdm630.fault = "nan"
    added = await owner.add("/api/v1/meters", new(sdm630, interval_s=3600))

    async def asked() -> Any:
        return (await _live(owner, added["id"]))["missing"]

    missing = await until(asked)
    path = f"/api/v1/meters/{added['id']}"
    status, renamed = await owner("PATCH", path, {"name": "Cellar"})
    assert (status, renamed["name"], renamed["missing"]) == (200, "Cellar", missing)


async def test_a_meter_at_which_nobody_answers_says_so_and_delays_no_other(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """It has a sentence and a time for the next attempt; the other is read meanwhile."""
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    dead = await owner.add("/api/v1/meters", {**new(sdm630), "port": port})
    added = await owner.add("/api/v1/meters", new(sdm630))
    await _heard(owner, added["id"])

    async def failed() -> Any:
        found = await _live(owner, dead["id"])
        return found if found["failures"] > 1 else None

    found = await until(failed)
    assert (found["online"], found["last_seen"]) == (False, None)
    assert found["error"] == "it cannot be reached, or has hung up"
    assert found["since"] and found["next_try"]
    assert {each["value"] for each in found["values"].values()} == {None}


async def test_a_single_answer_may_get_lost_but_a_meter_that_falls_silent_is_silent(
    owner: Caller, sdm630: SimulatedMeter
) -> None:
    """What it said last stays to be seen, and nothing of it is stored again."""
    added = await owner.add("/api/v1/meters", new(sdm630, measurements=["frequency"]))
    await _heard(owner, added["id"])
    sdm630.fault = "hangs_up"
    seen = []

    async def silent() -> Any:
        found = await _live(owner, added["id"])
        seen.append((found["failures"], found["online"]))
        return found if found["online"] is False else None

    found = await until(silent)
    assert all(online for failures, online in seen if failures < 2)
    assert found["failures"] >= 2
    assert found["values"]["frequency"]["value"] == 50
    sdm630.fault = None
    await _heard(owner, added["id"])


async def test_a_hub_that_starts_again_polls_what_it_polled(
    tmp_path: Path, http: aiohttp.ClientSession, sdm630: SimulatedMeter
) -> None:
    """And what was read last before it stopped is stored."""
    async with running_hub(tmp_path / "data") as hub:
        owner = Caller(hub, http, await hub.add_token("admin"))
        added = await owner.add("/api/v1/meters", new(sdm630))
        first = await _heard(owner, added["id"])
    async with running_hub(tmp_path / "data") as hub:
        owner = Caller(hub, http, await hub.add_token("admin"))
        path = f"/api/v1/meters/{added['id']}/history?measurement=frequency"
        readings = (await owner.get(path))["readings"]
        assert first["time"] in [each["time"] for each in readings]
        await _heard(owner, added["id"])


async def test_readings_wait_while_the_database_cannot_be_written_to(
    hub: RunningHub,
    owner: Caller,
    sdm630: SimulatedMeter,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And are stored as soon as it can."""
    log = hub.hub.context.store.meter_log
    append, refused = log.append, asyncio.Event()

    async def refuse(_rounds: object) -> None:
        refused.set()
        raise UnavailableError("The disk is full.")

    monkeypatch.setattr(log, "append", refuse)
    added = await owner.add("/api/v1/meters", new(sdm630, measurements=["frequency"]))
    first = await _heard(owner, added["id"])
    async with asyncio.timeout(60):
        await refused.wait()
    monkeypatch.setattr(log, "append", append)
    path = f"/api/v1/meters/{added['id']}/history?measurement=frequency"

    async def kept() -> Any:
        return (await owner.get(path))["readings"]

    assert first["time"] in [each["time"] for each in await until(kept)]


async def test_clients_hear_of_every_round(
    hub: RunningHub,
    owner: Caller,
    http: aiohttp.ClientSession,
    sdm630: SimulatedMeter,
) -> None:
    """The whole meter; and that it is gone."""
    async with http.ws_connect(hub.url + "/api/v1/live") as socket_:
        await socket_.receive_json()
        await socket_.send_json({"type": "auth", "token": owner.token})
        await socket_.receive_json()
        await socket_.send_json({"type": "subscribe", "id": 1})
        snapshot = await socket_.receive_json()
        assert (snapshot["meters"], snapshot["sites"]) == ([], [])
        added = await owner.add("/api/v1/meters", new(sdm630))

        async def event(name: str) -> dict[str, Any]:
            async with asyncio.timeout(60):
                while True:
                    said: dict[str, Any] = await socket_.receive_json()
                    if said["event"] == name:
                        return said

        while not (said := await event("meter"))["meter"]["online"]:
            assert said["meter"]["id"] == added["id"]
        assert said["meter"]["values"]["frequency"] == {
            "value": 50,
            "unit": "Hz",
            "cumulative": False,
        }
        await owner("DELETE", f"/api/v1/meters/{added['id']}")
        assert (await event("meter_removed"))["meter_id"] == added["id"]

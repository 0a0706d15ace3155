"""Modes, plans and tariffs over REST and WebSocket: docs/api.md, call by call, and everything that they refuse."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from tests.hub.test_native import Api
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device

SCOOTER = "/api/v1/chargers/scooter"
READY = {"name": "ready_by", "ready_by": "07:00", "zone": "Europe/Warsaw"}


@pytest.fixture
async def api(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May switch."""
    return Api(hub, http, await hub.add_token("control"))


async def test_a_mode_is_set_shown_and_changed_in_part(
    api: Api, board: S1Device
) -> None:
    status, charger = await api.call("PATCH", SCOOTER, {"mode": READY})
    assert status == 200
    assert charger["mode"] == {
        "name": "ready_by",
        "target_wh": None,
        "target_percent": None,
        "hours": None,
        "ready_by": "07:00",
        "zone": "Europe/Warsaw",
        "prefer": "cheap",
        "probe": False,
        "learned_caps": False,
    }
    progress = charger["progress"]
    assert (progress["step"], progress["wish"]) in {
        ("waiting", "off"),
        ("charging", "on"),
    }
    assert progress["ready"].endswith("Z")
    assert progress["plan"]["runs"]
    assert progress["plan"]["currency"] is None
    _, charger = await api.call(
        "PATCH", SCOOTER, {"mode": {"target_wh": 120, "prefer": "late"}}
    )
    assert charger["mode"]["ready_by"] == "07:00"
    assert (charger["mode"]["target_wh"], charger["mode"]["prefer"]) == (120, "late")
    _, charger = await api.call("PATCH", SCOOTER, {"mode": {"name": "manual"}})
    assert charger["progress"]["step"] == "resting"
    assert (await api.call("GET", SCOOTER))[1]["mode"]["target_wh"] == 120


@pytest.mark.parametrize(
    ("mode", "field"),
    [
        ({"name": "fast"}, "mode.name"),
        ({"name": "ready_by"}, "mode.ready_by"),
        ({"name": "cheapest_hours", "hours": 3}, "mode.ready_by"),
        ({"name": "to_target"}, "mode.target_wh"),
        ({"name": "to_target", "target_wh": 0}, "mode.target_wh"),
        ({"name": "to_target", "target_wh": 2001}, "mode.target_wh"),
        ({"name": "to_target", "target_percent": 80}, "mode.target_percent"),
        ({"target_wh": 10, "target_percent": 80}, "mode.target_percent"),
        ({**READY, "ready_by": "24:00"}, "mode.ready_by"),
        ({**READY, "ready_by": "7:00"}, "mode.ready_by"),
        ({**READY, "zone": "Mars/Olympus"}, "mode.zone"),
        ({**READY, "hours": 0.1}, "mode.hours"),
        ({**READY, "prefer": "soon"}, "mode.prefer"),
        ({"probe": "yes"}, "mode.probe"),
        ({"wish": "on"}, "mode.wish"),
    ],
)
async def test_a_mode_that_makes_no_sense_is_refused_by_field(
    api: Api, board: S1Device, mode: dict[str, Any], field: str
) -> None:
    error = await api.refused(422, "PATCH", SCOOTER, {"mode": mode})
    assert error["field"] == field
    assert (await api.call("GET", SCOOTER))[1]["mode"]["name"] == "manual"


async def test_a_charger_that_takes_no_orders_has_no_mode(
    hub: RunningHub, api: Api
) -> None:
    await hub.add_charger("old", kind="legacy")
    path = "/api/v1/chargers/old"
    error = await api.refused(409, "PATCH", path, {"mode": {"name": "until_full"}})
    assert error["field"] == "mode.name"
    await api.refused(409, "POST", f"{path}/charge")
    assert (await api.call("PATCH", path, {"mode": {"name": "manual"}}))[0] == 200


async def test_charge_once_switches_on(api: Api, board: S1Device) -> None:
    await board.report(0.0)
    status, charger = await api.call("POST", f"{SCOOTER}/charge")
    assert status == 202
    assert (charger["progress"]["step"], charger["progress"]["why"]) == (
        "charging",
        "charge_once",
    )
    await board.send()
    await board.send()
    assert board.relay == 1


async def test_what_if_answers_and_changes_nothing(api: Api, board: S1Device) -> None:
    await api.call(
        "PUT", "/api/v1/tariff", {"kind": "fixed", "currency": "EUR", "per_kwh": 0.3}
    )
    before = (await api.call("GET", SCOOTER))[1]
    status, plan = await api.call(
        "POST",
        f"{SCOOTER}/plan",
        {"ready_by": "07:00", "zone": "Europe/Warsaw", "target_wh": 100},
    )
    assert status == 200
    assert set(plan) == {
        "ready",
        "runs",
        "hours",
        "energy_wh",
        "cost",
        "cost_at_once",
        "currency",
        "in_time",
        "learned",
    }
    assert (plan["energy_wh"], plan["currency"]) == (100.0, "EUR")
    assert plan["cost"] == plan["cost_at_once"] == 0.03
    _, three = await api.call(
        "POST", f"{SCOOTER}/plan", {"ready_by": "07:00", "hours": 3}
    )
    assert three["hours"] == 3
    assert (await api.call("GET", SCOOTER))[1] == before


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ({}, "ready_by"),
        ({"ready_by": "noon"}, "ready_by"),
        ({"ready_by": "07:00", "target_percent": 50}, "target_percent"),
        ({"ready_by": "07:00", "target_wh": 5000}, "target_wh"),
        ({"ready_by": "07:00", "zone": "Nowhere"}, "zone"),
        ({"ready_by": "07:00", "when": 1}, "when"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_field(
    api: Api, board: S1Device, question: dict[str, Any], field: str
) -> None:
    error = await api.refused(422, "POST", f"{SCOOTER}/plan", question)
    assert error["field"] == field


async def test_a_tariff_is_set_shown_and_asked_for_prices(api: Api) -> None:
    assert await api.call("GET", "/api/v1/tariff") == (
        200,
        {"tariff": None, "tariffs": []},
    )
    table = {
        "kind": "time_of_use",
        "currency": "PLN",
        "zone": "Europe/Warsaw",
        "bands": [
            {"start": "22:00", "end": "06:00", "per_kwh": 0.5, "days": "weekday"}
        ],
        "otherwise": 0.95,
    }
    status, shown = await api.call("PUT", "/api/v1/tariff", table)
    assert status == 200
    assert shown["tariff"]["bands"] == table["bands"]
    assert shown["tariff"]["from"] == "1970-01-01T00:00:00Z"
    span = "?start=2026-11-20T20:00:00Z&end=2026-11-21T06:00:00Z"
    _, prices = await api.call("GET", f"/api/v1/tariff/prices{span}")
    assert prices == {
        "currency": "PLN",
        "prices": [
            {
                "start": "2026-11-20T20:00:00Z",
                "end": "2026-11-20T21:00:00Z",
                "per_kwh": 0.95,
            },
            {
                "start": "2026-11-20T21:00:00Z",
                "end": "2026-11-21T05:00:00Z",
                "per_kwh": 0.5,
            },
            {
                "start": "2026-11-21T05:00:00Z",
                "end": "2026-11-21T06:00:00Z",
                "per_kwh": 0.95,
            },
        ],
    }
    later = "?from=2026-12-01T00:00:00Z"
    _, shown = await api.call(
        "PUT",
        f"/api/v1/tariff{later}",
        {"kind": "fixed", "currency": "PLN", "per_kwh": 0.8},
    )
    assert [each["kind"] for each in shown["tariffs"]] == ["time_of_use", "fixed"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "free", "currency": "EUR"}, "kind"),
        ({"kind": "fixed", "currency": "EUR"}, "per_kwh"),
        ({"kind": "fixed", "currency": "euro", "per_kwh": 1}, "currency"),
        ({"kind": "fixed", "currency": "EUR", "per_kwh": 1e9}, "per_kwh"),
        ({"kind": "fixed", "currency": "EUR", "per_kwh": 1, "zone": "X"}, "zone"),
        (
            {
                "kind": "time_of_use",
                "currency": "EUR",
                "otherwise": 1,
                "bands": [{"start": "25:00", "end": "06:00", "per_kwh": 1}],
            },
            "bands[0].start",
        ),
        (
            {
                "kind": "time_of_use",
                "currency": "EUR",
                "otherwise": 1,
                "seasons": [{"start": "04-01", "bands": [], "otherwise": 1}] * 2,
            },
            "seasons[1].start",
        ),
    ],
)
async def test_a_tariff_that_makes_no_sense_is_refused_by_field(
    api: Api, body: dict[str, Any], field: str
) -> None:
    assert (await api.refused(422, "PUT", "/api/v1/tariff", body))["field"] == field
    assert (await api.call("GET", "/api/v1/tariff"))[1]["tariff"] is None


async def test_a_feed_takes_prices_and_refuses_nonsense_by_field(api: Api) -> None:
    await api.call("PUT", "/api/v1/tariff", {"kind": "feed", "currency": "SEK"})
    hour = {
        "start": "2026-11-21T00:00:00+01:00",
        "end": "2026-11-21T01:00:00+01:00",
        "per_kwh": -0.02,
    }
    path = "/api/v1/tariff/prices"
    assert await api.call("POST", path, {"prices": [hour]}) == (200, {"stored": 1})
    span = "?start=2026-11-20T23:00:00Z&end=2026-11-21T01:00:00Z"
    _, found = await api.call("GET", path + span)
    assert [each["per_kwh"] for each in found["prices"]] == [-0.02, None]
    for wrong, field in (
        ({"start": "yesterday"}, "prices[1].start"),
        ({"end": hour["start"]}, "prices[1].end"),
        ({"end": "2029-01-01T00:00:00Z"}, "prices[1].end"),
        ({"end": "2026-11-21T02:00:00"}, "prices[1].end"),
        ({"per_kwh": "x"}, "prices[1].per_kwh"),
    ):
        error = await api.refused(
            422, "POST", path, {"prices": [hour, {**hour, **wrong}]}
        )
        assert error["field"] == field
    assert (await api.refused(422, "POST", path, {"prices": []}))["field"] == "prices"
    for query in ("?start=x", "?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z"):
        assert (await api.refused(422, "GET", path + query))["field"] in {
            "start",
            "end",
        }
    assert (await api.refused(422, "GET", path))["field"] == "end"


# --- live ------------------------------------------------------------------------------------------------------------------


class Live:
    """A client of the WebSocket."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """`socket` is authenticated and subscribed."""
        self._socket = socket
        self._id = 1
        self.events: list[dict[str, Any]] = []

    async def command(self, command: str, **fields: Any) -> dict[str, Any]:
        """Return the result of a command."""
        self._id += 1
        await self._socket.send_json(
            {"type": "command", "id": self._id, "command": command, **fields}
        )
        while True:
            message = await self._socket.receive_json(timeout=60)
            if message["type"] == "result":
                assert message["id"] == self._id
                result: dict[str, Any] = message
                return result
            self.events.append(message)

    async def event(self, name: str) -> dict[str, Any]:
        """Return the next event of a name."""
        while True:
            if self.events:
                message = self.events.pop(0)
            else:
                message = await self._socket.receive_json(timeout=60)
            if message.get("event") == name:
                return message


@pytest.fixture
async def live(hub: RunningHub, http: aiohttp.ClientSession) -> AsyncIterator[Live]:
    """A client that may switch."""
    async with http.ws_connect(hub.url + "/api/v1/live") as socket:
        await socket.receive_json()
        await socket.send_json(
            {"type": "auth", "token": await hub.add_token("control")}
        )
        await socket.receive_json()
        await socket.send_json({"type": "subscribe", "id": 1})
        await socket.receive_json()
        yield Live(socket)


async def test_modes_and_tariffs_are_set_by_command(
    live: Live, board: S1Device
) -> None:
    await board.report(0.0)
    done = await live.command("set_mode", charger="scooter", mode=READY)
    assert done["ok"]
    assert done["result"]["mode"]["name"] == "ready_by"
    done = await live.command("set_tariff", tariff={"kind": "feed", "currency": "EUR"})
    assert done["result"]["tariff"]["kind"] == "feed"
    hour = {
        "start": "2026-11-21T00:00:00Z",
        "end": "2026-11-21T01:00:00Z",
        "per_kwh": 0.2,
    }
    done = await live.command("post_prices", prices=[hour])
    assert done["result"] == {"stored": 1}
    done = await live.command("charge_once", charger="scooter")
    assert done["result"]["progress"]["why"] == "charge_once"


@pytest.mark.parametrize(
    ("command", "fields", "field"),
    [
        ("set_mode", {"charger": "scooter"}, "mode"),
        ("set_mode", {"charger": "scooter", "mode": {"name": "x"}}, "mode.name"),
        (
            "set_mode",
            {"charger": "scooter", "mode": {"name": "ready_by"}},
            "mode.ready_by",
        ),
        ("set_mode", {"mode": {}}, "charger"),
        ("set_tariff", {}, "tariff"),
        ("set_tariff", {"tariff": {"kind": "none", "zone": "X"}}, "zone"),
        ("post_prices", {}, "prices"),
        (
            "post_prices",
            {"prices": [{"start": "x", "end": "y", "per_kwh": 1}]},
            "prices[0].start",
        ),
    ],
)
async def test_a_command_that_makes_no_sense_is_refused_by_field(
    live: Live, board: S1Device, command: str, fields: dict[str, Any], field: str
) -> None:
    error = (await live.command(command, **fields))["error"]
    assert (error["code"], error["field"]) == ("invalid", field)


async def test_charge_once_needs_a_board_that_can_be_heard(
    live: Live, board: S1Device, hub: RunningHub
) -> None:
    error = (await live.command("charge_once", charger="scooter"))["error"]
    assert error["code"] == "offline"
    await hub.add_charger("old", kind="legacy")
    error = (await live.command("charge_once", charger="old"))["error"]
    assert (error["code"], error["field"]) == ("invalid", "charger")


async def test_a_guard_speaks_up_on_the_live_connection(
    live: Live, board: S1Device
) -> None:
    """Power through a relay that the board says is open."""
    board.measure(90.0, age_s=25)
    await board.report(90.0)
    event = await live.event("guard")
    assert (event["charger_id"], event["reason"]) == ("scooter", "stuck")
    assert set(event) == {
        "type",
        "number",
        "event",
        "charger_id",
        "time",
        "reason",
        "energy_wh",
        "closed_s",
    }

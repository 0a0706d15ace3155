"""The native REST API over real sockets: docs/api.md, call by call, and everything that it refuses."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
import json
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.security import passwords
from kickwatt_hub.store import UnavailableError
from tests.support.api import Api
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device


@pytest.fixture
async def admin(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May do everything."""
    return Api(hub, http, await hub.add_token("admin"))


@pytest.fixture
async def control(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May switch."""
    return Api(hub, http, await hub.add_token("control"))


@pytest.fixture
async def read(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May see."""
    return Api(hub, http, await hub.add_token("read"))


@pytest.fixture
async def stranger(hub: RunningHub) -> AsyncIterator[Api]:
    """May nothing."""
    async with aiohttp.ClientSession() as session:
        yield Api(hub, session, None)


# --- the hub itself ----------------------------------------------------------------------------------------------------


async def test_health_and_info_need_no_token(hub: RunningHub, stranger: Api) -> None:
    """A container's health check and a discovering client have none."""
    assert await stranger.call("GET", "/healthz") == (200, {"status": "ok"})
    assert await stranger.call("GET", "/api/v1/info") == (
        200,
        {
            "product": "kickwatt",
            "hub_id": hub.hub_id,
            "name": "Kickwatt",
            "version": "0.1.0",
            "api": 1,
            "firmware": "0.1.0",
        },
    )
    assert len(hub.hub_id) == 32


async def test_health_is_bad_when_the_store_cannot_write(
    hub: RunningHub, stranger: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, so that somebody notices."""

    async def no() -> bool:
        return False

    monkeypatch.setattr(hub.hub.context.store, "can_write", no)
    assert (await stranger.refused(503, "GET", "/healthz"))["code"] == "unavailable"


async def test_me(control: Api) -> None:
    """Whose token it is."""
    assert await control.call("GET", "/api/v1/me") == (
        200,
        {"user": "owner", "scope": "control", "simulator": False},
    )


# --- who may what --------------------------------------------------------------------------------------------------------

CALLS = [
    ("GET", "/api/v1/me", "read"),
    ("GET", "/api/v1/chargers", "read"),
    ("POST", "/api/v1/chargers", "admin"),
    ("GET", "/api/v1/chargers/scooter", "read"),
    ("PATCH", "/api/v1/chargers/scooter", "control"),
    ("DELETE", "/api/v1/chargers/scooter", "admin"),
    ("PUT", "/api/v1/chargers/scooter/desired", "control"),
    ("POST", "/api/v1/chargers/scooter/charge", "control"),
    ("POST", "/api/v1/chargers/scooter/plan", "read"),
    ("GET", "/api/v1/tariff", "read"),
    ("PUT", "/api/v1/tariff", "control"),
    ("GET", "/api/v1/tariff/prices", "read"),
    ("POST", "/api/v1/tariff/prices", "control"),
    ("GET", "/api/v1/chargers/scooter/readings", "read"),
    ("GET", "/api/v1/chargers/scooter/sessions", "read"),
    ("GET", "/api/v1/users", "admin"),
    ("POST", "/api/v1/users", "admin"),
    ("DELETE", "/api/v1/users/owner", "admin"),
    ("GET", "/api/v1/tokens", "admin"),
    ("POST", "/api/v1/tokens", "admin"),
    ("DELETE", "/api/v1/tokens/1", "admin"),
]


@pytest.mark.parametrize(("method", "path", "scope"), CALLS)
async def test_each_call_needs_its_scope(
    stranger: Api, read: Api, control: Api, method: str, path: str, scope: str
) -> None:
    """401 without a token, 403 with too small a one; nothing is told about what is there."""
    error = await stranger.refused(401, method, path)
    assert (error["code"], error["field"]) == ("unauthorized", None)
    if scope != "read":
        assert (await read.refused(403, method, path))["code"] == "forbidden"
    if scope == "admin":
        await control.refused(403, method, path)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Basic " + "0" * 64,
        "Bearer " + "0" * 64,
        "Bearer " + "0" * 65,
        "Bearer " + "g" * 64,
        "Bearer " + "é" * 64,
    ],
)
async def test_a_bad_token_is_no_token(stranger: Api, header: str) -> None:
    """And says how to send a good one."""
    await stranger.refused(401, "GET", "/api/v1/me", headers={"Authorization": header})


async def test_both_spellings_of_the_header_are_taken(
    hub: RunningHub, stranger: Api
) -> None:
    """Bearer and Token, in any case."""
    token = await hub.add_token("read")
    for word in ("Bearer", "Token", "token", "BEARER"):
        headers = {"Authorization": f"{word} {token}"}
        assert (await stranger.call("GET", "/api/v1/me", headers=headers))[0] == 200


async def test_guessing_tokens_is_slowed_down_and_harms_nobody_else(
    stranger: Api, read: Api
) -> None:
    """429 after a minute's worth of failures; a good token still works from the same address."""
    statuses = {(await stranger.call("GET", "/api/v1/me"))[0] for _ in range(70)}
    assert statuses == {401, 429}
    assert (await read.call("GET", "/api/v1/me"))[0] == 200


# --- chargers ------------------------------------------------------------------------------------------------------------


async def test_a_charger_is_added_shown_and_removed(
    hub: RunningHub, admin: Api, http: aiohttp.ClientSession
) -> None:
    """The key is told once, and works."""
    status, added = await admin.call(
        "POST", "/api/v1/chargers", {"id": "scooter", "name": "Garage"}
    )
    assert status == 201
    assert set(added) == {"charger", "key", "settings_toml"}
    lines = added["settings_toml"].splitlines()
    port = hub.device_url.rpartition(":")[2]
    assert lines[0] == 'KICKWATT_ID = "scooter"'
    assert lines[1] == f'KICKWATT_KEY = "{added["key"]}"'
    assert f'KICKWATT_URL = "http://127.0.0.1:{port}"' in lines
    assert added["charger"] == {
        "id": "scooter",
        "name": "Garage",
        "kind": "s1",
        "simulated": False,
        "online": False,
        "last_seen": None,
        "firmware": None,
        "signal_dbm": None,
        "supply_v": None,
        "clock_off_s": None,
        "state": "unknown",
        "trips": [],
        "relay": {"reported": None, "desired": None, "pending": False, "reason": None},
        "reading": None,
        "session": None,
        "charge": {"phase": "idle", "full": None},
        "settings": {
            "cutoff_w": 11.5,
            "hold_s": 300,
            "max_hours": 12.0,
            "max_wh": 2000,
            "max_a": 3.0,
            "rule": "robust",
            "balance_min": 0,
            "pending": False,
        },
        "mode": {
            "name": "manual",
            "target_wh": None,
            "target_percent": None,
            "hours": None,
            "ready_by": None,
            "zone": None,
            "prefer": "cheap",
            "probe": False,
            "learned_caps": False,
        },
        "progress": {
            "step": "resting",
            "why": "manual",
            "wish": None,
            "since": None,
            "ready": None,
            "plan": None,
        },
        "source": None,
    }
    board = S1Device(hub.device_url, "scooter", added["key"], session=http)
    await board.report(91.2, energy_wh=12345, state="idle")
    status, charger = await admin.call("GET", "/api/v1/chargers/scooter")
    assert status == 200
    assert charger["online"] is True
    assert (charger["signal_dbm"], charger["firmware"], charger["state"]) == (
        -79,
        "0.1.0",
        "off",
    )
    assert charger["reading"]["power_w"] == 91.2
    assert charger["reading"]["energy_wh"] == 12345.0
    assert charger["supply_v"] is None
    assert (await board.send(supply_mv=4010)).status == 200
    _, charger = await admin.call("GET", "/api/v1/chargers/scooter")
    assert charger["supply_v"] == 4.01
    assert charger["clock_off_s"] is None
    assert (await board.send(clock=1_000_000_000)).status == 200
    _, charger = await admin.call("GET", "/api/v1/chargers/scooter")
    assert charger["clock_off_s"] < -20 * 365 * 86_400
    assert await admin.call("GET", "/api/v1/chargers") == (200, [charger])
    assert added["key"] not in json.dumps(charger)
    assert await admin.call("DELETE", "/api/v1/chargers/scooter") == (204, None)
    await admin.refused(404, "GET", "/api/v1/chargers/scooter")
    await admin.refused(404, "DELETE", "/api/v1/chargers/scooter")
    assert (await board.report()).status == 401


async def test_a_charger_that_comes_back_under_its_old_id_is_another_one(
    hub: RunningHub, admin: Api, http: aiohttp.ClientSession
) -> None:
    """With another key and no past."""
    keys = []
    for _ in range(2):
        _, added = await admin.call("POST", "/api/v1/chargers", {"id": "scooter"})
        keys.append(added["key"])
        await S1Device(hub.device_url, "scooter", added["key"], session=http).report(
            5.0
        )
        _, page = await admin.call("GET", "/api/v1/chargers/scooter/readings")
        assert len(page["readings"]) == 1
        await admin.call("DELETE", "/api/v1/chargers/scooter")
    assert keys[0] != keys[1]


async def test_a_legacy_charger_gets_the_lines_of_the_seeds_program(admin: Api) -> None:
    """It has no settings.toml."""
    _, added = await admin.call(
        "POST", "/api/v1/chargers", {"id": "old", "kind": "legacy"}
    )
    assert f'api_key = "{added["key"]}"' in added["settings_toml"]
    assert added["charger"]["kind"] == "legacy"


async def test_two_chargers_cannot_share_an_id(admin: Api) -> None:
    """409."""
    await admin.call("POST", "/api/v1/chargers", {"id": "scooter"})
    assert (await admin.refused(409, "POST", "/api/v1/chargers", {"id": "scooter"}))[
        "code"
    ] == "conflict"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "id"),
        ({"id": ""}, "id"),
        ({"id": "A"}, "id"),
        ({"id": "a b"}, "id"),
        ({"id": "a\n"}, "id"),
        ({"id": "a" * 33}, "id"),
        ({"id": 5}, "id"),
        ({"id": None}, "id"),
        ({"id": "a", "name": ""}, "name"),
        ({"id": "a", "name": "  "}, "name"),
        ({"id": "a", "name": "x" * 101}, "name"),
        ({"id": "a", "name": "a\u0000b"}, "name"),
        ({"id": "a", "kind": "s2"}, "kind"),
        ({"id": "a", "simulated": "yes"}, "simulated"),
        ({"id": "a", "colour": "red"}, "colour"),
        ([], None),
    ],
)
async def test_a_field_that_is_wrong_is_named(
    admin: Api, body: Any, field: str | None
) -> None:
    """422."""
    error = await admin.refused(422, "POST", "/api/v1/chargers", body)
    assert (error["code"], error["field"]) == ("invalid", field)


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff\xfe", b'{"id": "\xff"}', b'{"id": "a",}'], ids=range(5)
)
async def test_what_is_not_json_gets_400(admin: Api, body: bytes) -> None:
    """Nor what only looks like it."""
    error = await admin.refused(400, "POST", "/api/v1/chargers", body)
    assert error["code"] == "bad_request"


async def test_nesting_as_deep_as_it_fits_is_refused(admin: Api) -> None:
    """No stack overflows."""
    for body in (
        b"[" * 60_000,
        b'{"id":' * 10_000,
        b'{"id":"a","name":' + b"[" * 60_000,
    ):
        status, _ = await admin.call("POST", "/api/v1/chargers", body)
        assert status in (400, 422)


async def test_the_content_type_must_be_json(admin: Api) -> None:
    """415."""
    headers = {"Content-Type": "text/plain"}
    error = await admin.refused(
        415, "POST", "/api/v1/chargers", {"id": "a"}, headers=headers
    )
    assert error["code"] == "unsupported_media_type"


async def test_a_body_over_64_kib_gets_413(admin: Api) -> None:
    """Whatever it says."""
    error = await admin.refused(
        413, "POST", "/api/v1/chargers", b'"' + b"x" * 65_536 + b'"'
    )
    assert error["code"] == "too_large"


async def test_other_paths_and_methods_are_refused_in_json(
    admin: Api, hub: RunningHub
) -> None:
    """404 and 405 with Allow."""
    assert (await admin.refused(404, "GET", "/api/v1/nothing"))["code"] == "not_found"
    assert (await admin.refused(404, "GET", "/s1/scooter"))["code"] == "not_found"
    assert (await admin.refused(405, "PUT", "/api/v1/chargers"))[
        "code"
    ] == "method_not_allowed"
    assert (await admin.refused(400, "GET", "/api/v1/live"))["code"] == "bad_request"
    async with (
        aiohttp.ClientSession() as session,
        session.put(f"{hub.url}/api/v1/info") as response,
    ):
        assert response.headers["Allow"] == "GET,HEAD"


async def test_a_charger_is_renamed_and_set(
    admin: Api, control: Api, board: S1Device
) -> None:
    """Only what was given changes."""
    path = "/api/v1/chargers/scooter"
    status, charger = await control.call("PATCH", path, {"settings": {"cutoff_w": 15}})
    assert status == 200
    assert charger["settings"]["cutoff_w"] == 15.0
    assert charger["settings"]["hold_s"] == 300
    assert charger["settings"]["pending"] is True
    assert charger["name"] == "scooter"
    _, charger = await control.call("PATCH", path, {"name": "Keller ⚡"})
    assert (charger["name"], charger["settings"]["cutoff_w"]) == ("Keller ⚡", 15.0)
    assert (await control.call("PATCH", path, {}))[1] == charger
    everything = {
        "cutoff_w": 0.5,
        "hold_s": 10,
        "max_hours": 0.1,
        "max_wh": 10,
        "max_a": 0.1,
        "rule": "threshold",
        "balance_min": 240,
    }
    _, charger = await control.call("PATCH", path, {"settings": everything})
    assert charger["settings"] == {**everything, "pending": True}
    await board.report()
    _, charger = await control.call("GET", path)
    assert charger["settings"]["pending"] is True
    await board.report()
    _, charger = await control.call("GET", path)
    assert charger["settings"]["pending"] is False
    assert board.settings["max_s"] == 360
    assert (board.settings["rule"], board.settings["balance_s"]) == (
        "threshold",
        14_400,
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"settings": {"cutoff_w": 0.4}}, "settings.cutoff_w"),
        ({"settings": {"cutoff_w": 1001}}, "settings.cutoff_w"),
        ({"settings": {"cutoff_w": "15"}}, "settings.cutoff_w"),
        ({"settings": {"cutoff_w": None}}, "settings.cutoff_w"),
        ({"settings": {"hold_s": 9}}, "settings.hold_s"),
        ({"settings": {"hold_s": 60.5}}, "settings.hold_s"),
        ({"settings": {"max_hours": 49}}, "settings.max_hours"),
        ({"settings": {"max_wh": 10**30}}, "settings.max_wh"),
        ({"settings": {"max_a": 11}}, "settings.max_a"),
        ({"settings": {"rule": "plain"}}, "settings.rule"),
        ({"settings": {"balance_min": 241}}, "settings.balance_min"),
        ({"settings": {"pending": False}}, "settings.pending"),
        ({"settings": []}, "settings"),
        ({"name": None}, "name"),
        ({"id": "b"}, "id"),
    ],
)
async def test_a_setting_that_is_wrong_is_named(
    control: Api, board: S1Device, body: Any, field: str
) -> None:
    """And nothing is changed."""
    _, before = await control.call("GET", "/api/v1/chargers/scooter")
    error = await control.refused(422, "PATCH", "/api/v1/chargers/scooter", body)
    assert error["field"] == field
    assert (await control.call("GET", "/api/v1/chargers/scooter"))[1] == before


async def test_what_is_not_there_gets_404(admin: Api) -> None:
    """For every call that names a charger."""
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "x"}),
        ("PUT", "/desired", {"relay": "on"}),
        ("GET", "/readings", None),
        ("GET", "/sessions", None),
        ("DELETE", "", None),
    ):
        await admin.refused(404, method, f"/api/v1/chargers/nobody{path}", body)


async def test_an_order_is_taken_and_carried_out(control: Api, board: S1Device) -> None:
    """202, and `desired` and `pending` show it."""
    path = "/api/v1/chargers/scooter"
    await board.report()
    status, order = await control.call("PUT", f"{path}/desired", {"relay": "on"})
    assert status == 202
    assert order.pop("created").endswith("Z")
    assert order == {
        "id": 1,
        "charger": "scooter",
        "relay": "on",
        "state": "pending",
        "reason": None,
    }
    _, charger = await control.call("GET", path)
    assert charger["relay"] == {
        "reported": "off",
        "desired": "on",
        "pending": True,
        "reason": "boot",
    }
    await board.report()
    await board.report()
    _, charger = await control.call("GET", path)
    assert charger["relay"] == {
        "reported": "on",
        "desired": "on",
        "pending": False,
        "reason": "order",
    }
    assert (await control.refused(422, "PUT", f"{path}/desired", {"relay": 1}))[
        "field"
    ] == "relay"


async def test_a_legacy_charger_takes_no_orders(hub: RunningHub, control: Api) -> None:
    """409 with a sentence."""
    await hub.add_charger("old", kind="legacy")
    error = await control.refused(
        409, "PUT", "/api/v1/chargers/old/desired", {"relay": "on"}
    )
    assert "cannot be switched" in error["message"]


async def test_readings_come_in_pages_oldest_first(
    control: Api, board: S1Device
) -> None:
    """Each with its relay; `next` is where the rest starts."""
    for age_s in (300, 200, 100, 0):
        board.measure(age_s / 10, age_s=age_s, energy_wh=1000 - age_s)
    await board.send()
    path = "/api/v1/chargers/scooter/readings"
    _, everything = await control.call("GET", path)
    assert everything["next"] is None
    readings = everything["readings"]
    assert [each["power_w"] for each in readings] == [30.0, 20.0, 10.0, 0.0]
    assert readings[0] == {
        "time": readings[0]["time"],
        "voltage_v": 230.0,
        "current_a": 0.233,
        "power_w": 30.0,
        "apparent_power_va": 53.6,
        "power_factor": 0.56,
        "energy_wh": 700.0,
        "relay": "off",
    }
    pages, start = [], "1970-01-01T00:00:00Z"
    while start is not None:
        _, page = await control.call("GET", f"{path}?limit=3&start={start}")
        pages.append(page["readings"])
        start = page["next"]
    assert [len(page) for page in pages] == [3, 1]
    assert pages[0] + pages[1] == readings
    _, part = await control.call(
        "GET", path, params={"start": readings[1]["time"], "end": readings[3]["time"]}
    )
    assert part["readings"] == readings[1:3]
    zoned = datetime.fromisoformat(readings[1]["time"]).astimezone(UTC) + timedelta(
        hours=1
    )
    text = zoned.strftime("%Y-%m-%dT%H:%M:%S.%f+01:00")
    for query in ({"params": {"start": text}}, {}):
        _, part = await control.call(
            "GET", path if query else f"{path}?start={text}", **query
        )
        assert part["readings"] == readings[1:]


async def test_lifetime_energy_never_falls_in_history(
    hub: RunningHub, control: Api, board: S1Device
) -> None:
    """Also where two messages took unlike long and date their samples the wrong way round."""
    board.measure(5.0, age_s=0, energy_wh=10)
    await board.send()
    board.measure(5.0, age_s=20, energy_wh=11)
    await board.send()
    _, page = await control.call("GET", "/api/v1/chargers/scooter/readings")
    assert [each["energy_wh"] for each in page["readings"]] == [11.0, 11.0]


@pytest.mark.parametrize("name", ["start", "end"])
@pytest.mark.parametrize(
    "value",
    ["", "now", "5", "2026-11-21", "2026-11-21T07:45:00", "2026-13-01T00:00:00Z"],
)
async def test_a_time_that_is_none_is_named(
    control: Api, board: S1Device, name: str, value: str
) -> None:
    """A time zone is needed."""
    for what in ("readings", "sessions"):
        path = f"/api/v1/chargers/scooter/{what}?{name}={value}"
        assert (await control.refused(422, "GET", path))["field"] == name


@pytest.mark.parametrize(
    "value", ["0", "-1", "10001", "x", "", "1.5", "9" * 5000, "１"]
)
async def test_a_limit_that_is_none_is_named(
    control: Api, board: S1Device, value: str
) -> None:
    """1 to 10,000."""
    path = f"/api/v1/chargers/scooter/readings?limit={value}"
    assert (await control.refused(422, "GET", path))["field"] == "limit"


async def test_sessions_are_listed_newest_first_with_the_running_one_as_it_is_now(
    control: Api, board: S1Device
) -> None:
    """The last one runs on while it is asked for."""
    board.relay = 1
    for n in range(40):
        board.measure(
            90.0 if n < 15 or n > 25 else 0.0, age_s=(45 - n) * 60, energy_wh=n
        )
        board.queue[-1][2] = 0 if 15 <= n <= 25 else 1
    await board.send(state="charging")
    path = "/api/v1/chargers/scooter/sessions"
    _, answer = await control.call("GET", path)
    running, ended = answer["sessions"]
    assert (ended["end_reason"], running["end"]) == ("switched_off", None)
    assert running["energy_wh"] > 10
    assert ended["id"] < running["id"]
    _, charger = await control.call("GET", "/api/v1/chargers/scooter")
    assert charger["session"] == running
    assert charger["state"] == "charging"
    _, answer = await control.call("GET", f"{path}?limit=1")
    assert answer["sessions"] == [running]


# --- users and tokens ------------------------------------------------------------------------------------------------------


async def test_users_are_added_listed_and_removed_with_their_tokens(
    admin: Api, stranger: Api
) -> None:
    """A removed user's token ends at once."""
    new = {
        "name": "anna",
        "password": "correct horse",
        "email": "a@example.org",
        "admin": True,
    }
    status, user = await admin.call("POST", "/api/v1/users", new)
    assert status == 201
    assert user.pop("created").endswith("Z")
    assert user == {"name": "anna", "email": "a@example.org", "admin": True}
    await admin.refused(409, "POST", "/api/v1/users", new)
    _, users = await admin.call("GET", "/api/v1/users")
    assert [each["name"] for each in users] == ["anna", "owner"]
    assert "horse" not in json.dumps(users)
    _, login = await stranger.call(
        "POST", "/api/v1/login", {"name": "anna", "password": "correct horse"}
    )
    headers = {"Authorization": f"Bearer {login['token']}"}
    assert (await stranger.call("GET", "/api/v1/users", headers=headers))[0] == 200
    assert await admin.call("DELETE", "/api/v1/users/anna") == (204, None)
    await stranger.refused(401, "GET", "/api/v1/users", headers=headers)
    await admin.refused(404, "DELETE", "/api/v1/users/anna")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"password": "correct horse"}, "name"),
        ({"name": "a b", "password": "correct horse"}, "name"),
        ({"name": "a\n", "password": "correct horse"}, "name"),
        ({"name": "a"}, "password"),
        ({"name": "a", "password": "short"}, "password"),
        ({"name": "a", "password": "x" * 257}, "password"),
        ({"name": "a", "password": "correct horse", "email": "nobody"}, "email"),
    ],
)
async def test_a_user_that_is_wrong_is_refused(
    admin: Api, body: Any, field: str
) -> None:
    """By its field."""
    assert (await admin.refused(422, "POST", "/api/v1/users", body))["field"] == field


async def test_a_login_gives_a_token_that_expires(
    hub: RunningHub, stranger: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the scope of the user."""
    await hub.add_user("anna", "correct horse")
    status, login = await stranger.call(
        "POST", "/api/v1/login", {"name": "anna", "password": "correct horse"}
    )
    assert (status, login["scope"], len(login["token"])) == (200, "control", 64)
    expires = datetime.fromisoformat(login["expires"])
    assert expires > datetime.now(UTC)
    headers = {"Authorization": f"Bearer {login['token']}"}
    assert (await stranger.call("GET", "/api/v1/me", headers=headers))[0] == 200
    later = int(expires.timestamp() * 1000) + 1
    monkeypatch.setattr(hub.hub.context.access, "_now_ms", lambda: later)
    await stranger.refused(401, "GET", "/api/v1/me", headers=headers)


async def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(
    hub: RunningHub, stranger: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the same work, so in about the same time."""
    await hub.add_user("anna", "correct horse")
    verify, costs = passwords._verify, []

    def note(password: str, stored: str) -> bool:
        costs.append(stored.split("$")[1:4])  # argon2id, its version, memory and passes
        return verify(password, stored)

    monkeypatch.setattr(passwords, "_verify", note)
    errors = []
    for name in ("anna", "nobody"):
        body = {"name": name, "password": "battery staple"}
        errors.append(await stranger.refused(401, "POST", "/api/v1/login", body))
    assert errors[0] == errors[1]
    assert len(costs) == 2
    assert costs[0] == costs[1]


async def test_guessing_passwords_is_slowed_down(
    hub: RunningHub, stranger: Api
) -> None:
    """Also when all guesses come at once."""
    await hub.add_user("anna", "correct horse")
    body = {"name": "anna", "password": "battery staple"}
    answers = await asyncio.gather(
        *(stranger.call("POST", "/api/v1/login", body) for _ in range(60))
    )
    statuses = [status for status, _ in answers]
    assert set(statuses) == {401, 429}
    assert statuses.count(401) <= 13
    good = {"name": "anna", "password": "correct horse"}
    assert (await stranger.refused(429, "POST", "/api/v1/login", good))[
        "code"
    ] == "too_many"


async def test_tokens_are_made_listed_and_revoked(admin: Api, stranger: Api) -> None:
    """The secret is told once."""
    status, token = await admin.call(
        "POST", "/api/v1/tokens", {"name": "script", "scope": "read"}
    )
    assert status == 201
    secret = token.pop("token")
    headers = {"Authorization": f"Token {secret}"}
    _, me = await stranger.call("GET", "/api/v1/me", headers=headers)
    assert me == {"user": "owner", "scope": "read", "simulator": False}
    _, listed = await admin.call("GET", "/api/v1/tokens")
    assert listed[-1] == token
    assert token["scope"] == "read"
    assert token["expires"] is None
    assert secret not in json.dumps(listed)
    assert await admin.call("DELETE", f"/api/v1/tokens/{token['id']}") == (204, None)
    await stranger.refused(401, "GET", "/api/v1/me", headers=headers)
    for wrong in (token["id"], "x", "9" * 30, "-1"):
        await admin.refused(404, "DELETE", f"/api/v1/tokens/{wrong}")
    assert (
        await admin.refused(
            422, "POST", "/api/v1/tokens", {"name": "x", "scope": "root"}
        )
    )["field"] == "scope"


# --- when things break ----------------------------------------------------------------------------------------------------


async def test_a_full_disk_is_503_with_retry_after(
    hub: RunningHub, admin: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not 500."""

    async def full(*_: object) -> None:
        raise UnavailableError("The hub cannot write to its database now.")

    monkeypatch.setattr(hub.hub.context.store.chargers, "add", full)
    assert (await admin.refused(503, "POST", "/api/v1/chargers", {"id": "a"}))[
        "code"
    ] == "unavailable"


async def test_a_bug_is_logged_and_not_told(
    hub: RunningHub,
    admin: Api,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """500 with one sentence."""

    def fail() -> None:
        raise RuntimeError("inner detail")

    monkeypatch.setattr(hub.hub.context.fleet, "snapshot", fail)
    error = await admin.refused(500, "GET", "/api/v1/chargers")
    assert error["code"] == "internal"
    assert "inner" not in error["message"]
    assert "inner detail" in caplog.text


async def test_nothing_secret_is_logged(
    hub: RunningHub, admin: Api, stranger: Api, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither keys nor tokens nor passwords, whatever goes wrong."""
    caplog.set_level("DEBUG")
    _, added = await admin.call("POST", "/api/v1/chargers", {"id": "scooter"})
    _, token = await admin.call(
        "POST", "/api/v1/tokens", {"name": "x", "scope": "read"}
    )
    await admin.call(
        "POST", "/api/v1/users", {"name": "anna", "password": "correct horse"}
    )
    await stranger.call(
        "POST", "/api/v1/login", {"name": "anna", "password": "battery staple"}
    )
    async with S1Device(hub.device_url, "scooter", added["key"]) as board:
        await board.report()
        await board.post(b"junk " + board.key.encode())
    for secret in (added["key"], token["token"], "correct horse", "battery staple"):
        assert secret not in caplog.text


async def test_a_span_comes_as_as_many_points_as_are_asked_for(
    board: S1Device, read: Api
) -> None:
    """With mean, least and most of what was measured; also without a start or an end."""
    for power_w in (90.0, 100.0, 80.0):
        await board.report(power_w, state="charging")
    path = "/api/v1/chargers/scooter/readings?points=2"
    _, answer = await read.call("GET", path)
    points = answer["points"]
    assert 1 <= len(points) <= 2
    assert sum(point["count"] for point in points) == 3
    assert min(point["power_w"]["min"] for point in points) == 80.0
    assert max(point["power_w"]["max"] for point in points) == 100.0
    assert answer["step_s"] >= 1
    _, answer = await read.call("GET", f"{path}&end=2000-01-01T00:00:00Z")
    assert answer["points"] == []
    path = "/api/v1/chargers/scooter/readings?points=1"
    assert (await read.refused(422, "GET", path))["field"] == "points"

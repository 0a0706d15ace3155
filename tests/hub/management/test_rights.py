"""Every call, as every kind of user."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.api import management
from tests.support.hub_process import RunningHub, running_hub

from .conftest import PASSWORD, PLACE, Caller

_OPEN = {
    ("POST", "/auth/register"),
    ("POST", "/auth/login"),
    ("GET", "/auth/info"),
    ("GET", "/influx_api/hello"),
}
_CALLS = sorted(
    {
        (route.method, route.path.replace("{measurement}", "voltage"))
        for route in management.routes()
    }
    - _OPEN
)
_NO_TOKEN = {"detail": "Authentication credentials were not provided."}
_NOT_ALLOWED = {"detail": "You do not have permission to perform this action."}


@pytest.mark.parametrize(("method", "path"), _CALLS)
async def test_without_a_valid_token_no_call_does_anything(
    stranger: Caller, method: str, path: str
) -> None:
    """None at all, or a made-up one."""
    path = path.replace("{id}", "1")
    assert await stranger(method, path, {}) == (401, _NO_TOKEN)
    wrong = Caller(stranger.hub, stranger.http, "0" * 64)
    assert await wrong(method, path, {}) == (401, {"detail": "Invalid token."})
    async with stranger.http.request(method, stranger.hub.url + path) as response:
        assert response.headers["WWW-Authenticate"] == "Token"


@pytest.mark.parametrize(
    ("method", "path"), [call for call in _CALLS if call[1].startswith("/admin/")]
)
async def test_nobody_but_an_administrator_administers(
    hub: RunningHub, http: aiohttp.ClientSession, method: str, path: str
) -> None:
    """Not with a token for chargers either."""
    for scope in ("own", "read", "control"):
        caller = Caller(hub, http, await hub.add_token(scope, user=scope))
        status = await caller(method, path.replace("{id}", "1"), {})
        assert status == (403, _NOT_ALLOWED)


async def test_a_user_sees_and_changes_only_what_is_theirs(
    john: Caller, jane: Caller, admin: Caller, sdm630: dict[str, Any]
) -> None:
    """Neither an administrator's token opens what is under /user."""
    location = await john.add("/user/locations", {"user": john.id, **PLACE})
    host = await john.add(
        "/user/hosts",
        {
            "ip": "10.0.0.1",
            "port": 502,
            "slave_address": 1,
            "location": location["id"],
            "meter": "sdm630",
        },
    )
    assert host["user"] == john.id
    refused = (403, {"error": "Permission denied"})
    for other in (jane, admin):
        assert await other.get("/user/locations") == []
        assert await other.get("/user/hosts") == []
        for path in (
            f"/user/locations/{location['id']}",
            f"/user/hosts/{host['id']}",
            f"/user/hosts/{host['id']}/measurements",
        ):
            assert await other("GET", path) == refused
            assert await other("DELETE", path) == refused
        assert (
            await other("PATCH", f"/user/locations/{location['id']}", {"city": "X"})
            == refused
        )
        path = f"/user/hosts/{host['id']}/measurements"
        assert await other("POST", path, {"measurements": []}) == refused
        for more in ("values", "polling", "measurements/voltage/readings"):
            assert await other("GET", f"/user/hosts/{host['id']}/{more}") == refused
        polling = f"/user/hosts/{host['id']}/polling"
        assert await other("PATCH", polling, {"interval_s": 1}) == refused
    assert await john.get(f"/user/hosts/{host['id']}") == host


async def test_nobody_adds_a_location_in_another_name(
    john: Caller, jane: Caller
) -> None:
    """The contract wants the caller's own number, as a number."""
    for user in (jane.id, str(john.id), True, None, [john.id]):
        body = {"user": user, **PLACE}
        assert await john("POST", "/user/locations", body) == (403, _NOT_ALLOWED)
    assert await john.get("/user/locations") == []


async def test_a_host_and_its_location_have_one_owner(
    john: Caller, jane: Caller, admin: Caller, sdm630: dict[str, Any]
) -> None:
    """Whichever of the two is changed."""
    structural = (
        400,
        {"structural_error": ["Meter and its location must belong to same user"]},
    )
    mine = await john.add("/user/locations", {"user": john.id, **PLACE})
    hers = await jane.add("/user/locations", {"user": jane.id, **PLACE, "number": "64"})
    host = {
        "ip": "10.0.0.1",
        "port": 502,
        "slave_address": 1,
        "description": None,
        "user": john.id,
        "location": hers["id"],
        "meter": sdm630["id"],
    }
    assert await admin("POST", "/admin/hosts", host) == structural
    stored = await admin.add("/admin/hosts", {**host, "location": mine["id"]}, 200)
    path = f"/admin/hosts/{stored['id']}"
    assert await admin("PATCH", path, {"user": jane.id}) == structural
    assert await admin("PATCH", path, {"location": hers["id"]}) == structural
    path = f"/admin/locations/{mine['id']}"
    assert await admin("PATCH", path, {"user": jane.id}) == structural
    status, moved = await admin(
        "PATCH",
        f"/admin/hosts/{stored['id']}",
        {"user": jane.id, "location": hers["id"]},
    )
    assert (status, moved["user"]) == (200, jane.id)
    assert await jane.get("/user/hosts") == [moved]


async def test_a_token_that_may_only_read_changes_nothing(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """It still looks."""
    reader = Caller(hub, http, await hub.add_token("read"))
    assert await reader.get("/user/locations") == []
    body = {**PLACE}
    assert await reader("POST", "/user/locations", body) == (403, _NOT_ALLOWED)


async def test_who_registered_has_no_access_to_chargers(
    hub: RunningHub, john: Caller, http: aiohttp.ClientSession
) -> None:
    """Neither with that token nor by logging in to the native API, nor live."""
    await hub.add_charger("scooter")
    assert (await john("GET", "/api/v1/chargers"))[0] == 403
    credentials = {"name": "johndoe", "password": PASSWORD}
    status, login = await john("POST", "/api/v1/login", credentials)
    assert (status, login["scope"]) == (200, "own")
    again = Caller(hub, http, login["token"])
    assert (await again("GET", "/api/v1/chargers"))[0] == 403
    async with http.ws_connect(hub.url + "/api/v1/live") as socket:
        assert (await socket.receive_json())["type"] == "hello"
        await socket.send_json({"type": "auth", "token": john.token})
        assert (await socket.receive_json())["type"] == "auth_failed"


async def test_a_hub_is_closed_to_strangers_unless_its_owner_opens_it(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """The administrator adds people there."""
    person = {"username": "x", "email": "x@example.com", "password": PASSWORD}
    async with running_hub(tmp_path / "data") as hub:
        stranger = Caller(hub, http)
        status, data = await stranger("POST", "/auth/register", person)
        assert (status, list(data)) == (403, ["detail"])
        admin = Caller(hub, http, await hub.add_token("admin"))
        added = await admin.add("/admin/users", person)
        credentials = {"username": "x", "password": PASSWORD}
        login = await stranger.add("/auth/login", credentials, status=200)
        assert login["user"] == added


async def test_registering_and_guessing_passwords_are_limited(
    stranger: Caller,
) -> None:
    """By address."""
    wrong = {"username": "johndoe", "password": "wrong"}
    for _ in range(10):
        assert (await stranger("POST", "/auth/login", wrong))[0] == 400
    assert (await stranger("POST", "/auth/login", wrong))[0] == 429
    for _ in range(10):
        assert (await stranger("POST", "/auth/register", {}))[0] == 400
    assert (await stranger("POST", "/auth/register", {}))[0] == 429

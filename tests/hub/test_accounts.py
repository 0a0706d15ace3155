"""Users, passwords and tokens over the native API."""

import aiohttp
import pytest

from tests.support.api import Api
from tests.support.hub_process import RunningHub

PASSWORD = "correct horse"


@pytest.fixture
async def admin(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May do everything."""
    return Api(hub, http, await hub.add_token("admin"))


async def _log_in(
    hub: RunningHub, http: aiohttp.ClientSession, name: str, password: str
) -> Api:
    body = {"name": name, "password": password}
    found = await Api(hub, http, None).ok("POST", "/api/v1/login", body)
    return Api(hub, http, found["token"])


async def test_a_person_changes_their_password(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """The old one is asked for; whoever was logged in elsewhere is not any more."""
    await hub.add_user("ann", PASSWORD)
    here, there = [await _log_in(hub, http, "ann", PASSWORD) for _ in range(2)]
    wrong = {"old": "wrong", "new": "battery staple"}
    error = await here.refused(422, "PUT", "/api/v1/me/password", wrong)
    assert error["field"] == "old"
    right = {"old": PASSWORD, "new": "battery staple"}
    now = await here.ok("PUT", "/api/v1/me/password", right)
    for each in (here, there):
        await each.refused(401, "GET", "/api/v1/me")
    me = await Api(hub, http, now["token"]).ok("GET", "/api/v1/me")
    assert me == {"user": "ann", "scope": "control", "simulator": False}
    await _log_in(hub, http, "ann", "battery staple")


async def test_logging_out_ends_that_token_only(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """Another browser stays logged in."""
    await hub.add_user("ann", PASSWORD)
    here, there = [await _log_in(hub, http, "ann", PASSWORD) for _ in range(2)]
    await here.ok("POST", "/api/v1/logout")
    await here.refused(401, "GET", "/api/v1/me")
    await there.ok("GET", "/api/v1/me")


async def test_an_administrator_changes_a_user(
    hub: RunningHub, admin: Api, http: aiohttp.ClientSession
) -> None:
    """Address, password and rights; with fewer rights their tokens that allow more end."""
    await hub.add_user("ann", PASSWORD, admin=True)
    ann = await _log_in(hub, http, "ann", PASSWORD)
    await ann.ok("GET", "/api/v1/users")
    change = {"admin": False, "email": "ann@example.org"}
    changed = await admin.ok("PATCH", "/api/v1/users/ann", change)
    assert (changed["admin"], changed["email"]) == (False, "ann@example.org")
    await ann.refused(401, "GET", "/api/v1/me")
    await admin.ok("PATCH", "/api/v1/users/ann", {"password": "battery staple"})
    again = await _log_in(hub, http, "ann", "battery staple")
    await again.refused(403, "GET", "/api/v1/users")
    await admin.refused(404, "PATCH", "/api/v1/users/nobody", {"admin": True})
    error = await admin.refused(409, "PATCH", "/api/v1/users/owner", {"admin": False})
    assert error["field"] == "admin"


async def test_an_administrator_makes_a_token_for_somebody_else(
    hub: RunningHub, admin: Api, http: aiohttp.ClientSession
) -> None:
    """With a scope; it is theirs."""
    await hub.add_user("ann", PASSWORD)
    body = {"name": "phone", "scope": "read", "user": "ann"}
    token = await admin.ok("POST", "/api/v1/tokens", body)
    me = await Api(hub, http, token["token"]).ok("GET", "/api/v1/me")
    assert me == {"user": "ann", "scope": "read", "simulator": False}
    await admin.ok("DELETE", f"/api/v1/tokens/{token['id']}")
    await Api(hub, http, token["token"]).refused(401, "GET", "/api/v1/me")
    await admin.refused(404, "POST", "/api/v1/tokens", {**body, "user": "nobody"})

"""Who comes through Home Assistant's sidebar is known by the Supervisor's word, and by nobody else's."""

from collections.abc import AsyncIterator
from pathlib import Path
import socket

import aiohttp
import pytest

from kickwatt_hub import settings
from tests.support.api import Api
from tests.support.hub_process import RunningHub, running_hub

SUPERVISOR = "127.0.0.2"
ANN = {"X-Remote-User-Id": "ab12", "X-Remote-User-Name": "ann"}


def _from(address: str) -> aiohttp.ClientSession:
    """Return a client whose connections come from an address of this machine."""
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(local_addr=(address, 0), family=socket.AF_INET)
    )


@pytest.fixture
async def supervisor() -> AsyncIterator[aiohttp.ClientSession]:
    """Connections from where the Supervisor is."""
    async with _from(SUPERVISOR) as session:
        yield session


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningHub]:
    """A hub that runs as an app."""
    async with running_hub(tmp_path / "app", ingress_from=SUPERVISOR) as hub:
        yield hub


async def test_a_person_who_comes_through_the_sidebar_is_known(
    app: RunningHub, supervisor: aiohttp.ClientSession
) -> None:
    """By their name, else by their id; and no account is made twice."""
    api = Api(app, supervisor, None)
    me = {"user": "ann", "scope": "admin", "simulator": False}
    assert await api.ok("GET", "/api/v1/me", headers=ANN) == me
    assert await api.ok("GET", "/api/v1/me", headers=ANN) == me
    nameless = {"X-Remote-User-Id": "cd34"}
    assert (await api.ok("GET", "/api/v1/me", headers=nameless))["user"] == "cd34"
    odd = {**ANN, "X-Remote-User-Name": "Zoë B"}
    assert (await api.ok("GET", "/api/v1/me", headers=odd))["user"] == "Zo_B"
    users = await api.ok("GET", "/api/v1/users", headers=ANN)
    assert [each["name"] for each in users] == ["Zo_B", "ann", "cd34"]
    status, _ = await api.raw("GET", "/auth/info", headers=ANN)
    assert status == 200
    await api.ok("POST", "/api/v1/logout", headers=ANN)
    assert await api.ok("GET", "/api/v1/me", headers=ANN) == me


async def test_nobody_can_log_in_with_a_password_as_such_a_person(
    app: RunningHub, supervisor: aiohttp.ClientSession
) -> None:
    """They have none."""
    api = Api(app, supervisor, None)
    await api.ok("GET", "/api/v1/me", headers=ANN)
    for password in ("", "None", "ann"):
        body = {"name": "ann", "password": password}
        await api.refused(401, "POST", "/api/v1/login", body)


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"X-Forwarded-For": SUPERVISOR},
        {"X-Real-IP": SUPERVISOR, "Forwarded": f"for={SUPERVISOR}"},
        {"X-Ingress-Path": "/api/hassio_ingress/x", "X-Hass-Source": "core.ingress"},
    ],
)
async def test_from_anywhere_else_the_same_headers_are_worth_nothing(
    app: RunningHub, more: dict[str, str]
) -> None:
    """Whatever a client or a proxy writes into them."""
    async with _from("127.0.0.3") as session:
        api = Api(app, session, None)
        await api.refused(401, "GET", "/api/v1/me", headers={**ANN, **more})
        status, _ = await api.raw("GET", "/auth/info", headers={**ANN, **more})
        assert status == 401


async def test_a_hub_that_is_no_app_believes_nobody(
    hub: RunningHub, supervisor: aiohttp.ClientSession
) -> None:
    """It has no Supervisor."""
    await Api(hub, supervisor, None).refused(401, "GET", "/api/v1/me", headers=ANN)


async def test_the_supervisor_itself_is_nobody_and_a_token_counts_more(
    app: RunningHub, supervisor: aiohttp.ClientSession
) -> None:
    """Without a name there is nobody; with a bad token neither."""
    api = Api(app, supervisor, None)
    await api.refused(401, "GET", "/api/v1/me")
    await api.refused(401, "GET", "/api/v1/me", headers={"X-Remote-User-Id": ""})
    bad = {**ANN, "Authorization": "Bearer " + "0" * 64}
    await api.refused(401, "GET", "/api/v1/me", headers=bad)
    good = {**ANN, "Authorization": f"Bearer {await app.add_token('read')}"}
    me = await api.ok("GET", "/api/v1/me", headers=good)
    assert me == {"user": "owner", "scope": "read", "simulator": False}


async def test_the_owner_says_what_they_may(
    tmp_path: Path, supervisor: aiohttp.ClientSession
) -> None:
    """Where the whole household has the panel, not everybody has to be an administrator."""
    wanted = {"ingress_from": SUPERVISOR, "ingress_scope": "control"}
    async with running_hub(tmp_path / "data", **wanted) as hub:
        api = Api(hub, supervisor, None)
        await api.ok("GET", "/api/v1/chargers", headers=ANN)
        await api.refused(403, "GET", "/api/v1/users", headers=ANN)


async def test_the_live_connection_is_open_to_them_too(
    app: RunningHub, supervisor: aiohttp.ClientSession
) -> None:
    """Without a token in the first message; and it stays when tokens change."""
    async with supervisor.ws_connect(f"{app.url}/api/v1/live", headers=ANN) as live:
        assert (await live.receive_json())["type"] == "hello"
        await live.send_json({"type": "auth"})
        assert await live.receive_json() == {"type": "auth_ok", "scope": "admin"}
        await app.add_token("read")
        await live.send_json({"type": "subscribe", "id": 1})
        assert (await live.receive_json())["type"] == "snapshot"
    async with (
        _from("127.0.0.3") as session,
        session.ws_connect(f"{app.url}/api/v1/live", headers=ANN) as live,
    ):
        await live.receive_json()
        await live.send_json({"type": "auth"})
        assert (await live.receive_json())["type"] == "auth_failed"


def test_only_an_app_believes_the_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The Supervisor gives its apps a token; the owner cannot name another address."""
    options = tmp_path / "options.json"
    options.write_text('{"ingress_from": "10.0.0.1", "ingress_scope": "control"}')
    monkeypatch.delenv("SUPERVISOR_TOKEN", raising=False)
    assert settings.load({"data": tmp_path}, options).ingress_from is None
    monkeypatch.setenv("SUPERVISOR_TOKEN", "x")
    found = settings.load({"data": tmp_path}, options)
    assert (found.ingress_from, found.ingress_scope) == ("172.30.32.2", "control")

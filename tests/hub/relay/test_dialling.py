"""Dialling in: who may, what is said when it fails, and what its owner sees."""

import asyncio
from pathlib import Path
import random
import ssl
from typing import Any

import aiohttp
from aiohttp import web
from cryptography import x509
from hypothesis import given, strategies as st
from kickwatt_demo.process import free_ports
import pytest

from kickwatt_hub.relay import backoff, client as client_module, doors
from kickwatt_hub.relay.frames import PROTOCOL, Welcome, encode
from kickwatt_hub.relay.hubs import Hubs
from tests.support.hub_process import RunningHub, running_hub
from tests.support.relay_process import Authority, RunningRelay, running_relay
from tests.support.s1_device import S1Device

from .test_through import dial

pytestmark = pytest.mark.once  # the way to a hub, not its store


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(backoff, "LONGEST_S", 0.1)


async def status(hub: RunningHub, token: str) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {token}"}) as session,
        session.get(f"{hub.url}/api/v1/relay") as response,
    ):
        assert response.status == 200
        return (await response.json())["relay"]


async def health(hub: RunningHub) -> dict[str, Any]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{hub.url}/healthz") as response,
    ):
        return await response.json()


async def error_of(hub: RunningHub) -> str:
    """Wait until it says why it is not connected."""
    client = hub.hub.context.relay
    assert client is not None
    async with asyncio.timeout(60):
        while client.status.error is None:
            await asyncio.sleep(0.01)
    return client.status.error


async def test_the_owner_sees_that_it_is_connected_and_where_boards_go(
    relay: RunningRelay, home: RunningHub
) -> None:
    found = await status(home, await home.add_token("read"))
    assert found.pop("since")
    assert found == {
        "url": relay.tunnel_url,
        "connected": True,
        "hub": "home",
        "device_url": relay.device_url("home"),
        "error": None,
    }
    assert await health(home) == {"status": "ok", "relay": "connected"}


async def test_a_hub_without_a_relay_says_so(hub: RunningHub) -> None:
    assert await status(hub, await hub.add_token("read")) is None
    assert await health(hub) == {"status": "ok"}


async def test_a_new_charger_is_told_the_relays_address(
    relay: RunningRelay, home: RunningHub, http: aiohttp.ClientSession
) -> None:
    token = await home.add_token("admin")
    async with http.post(
        f"{home.url}/api/v1/chargers",
        json={"id": "bike"},
        headers={"Authorization": f"Bearer {token}"},
    ) as response:
        lines = (await response.json())["settings_toml"]
    assert f'KICKWATT_URL = "{relay.device_url("home")}"' in lines


async def test_the_owner_of_the_relay_can_say_how_boards_reach_it(
    tmp_path: Path,
) -> None:
    async with (
        running_relay(tmp_path, device_url="http://relay.example:80") as relay,
        running_hub(tmp_path / "home", **relay.hub("home")) as home,
    ):
        await relay.connected("home")
        found = await status(home, await home.add_token("read"))
        assert found["device_url"] == "http://relay.example:80/h/home"


async def test_a_wrong_token_is_refused_and_said_once_without_showing_it(
    tmp_path: Path, relay: RunningRelay, caplog: pytest.LogCaptureFixture
) -> None:
    settings = relay.hub("home", relay_token="beef" * 16)
    async with running_hub(tmp_path / "home", **settings) as home:
        assert await error_of(home) == "The relay does not know this hub's token"
        async with asyncio.timeout(60):
            while (await relay.metrics())["kickwatt_relay_wrong_tokens_total"] < 3:
                await asyncio.sleep(0.02)
        assert await health(home) == {"status": "ok", "relay": "not connected"}
    assert caplog.text.count("does not know this hub's token") == 1
    assert "beefbeef" not in caplog.text


async def test_whoever_guesses_tokens_is_silenced_and_a_hub_beside_them_is_not(
    relay: RunningRelay, http: aiohttp.ClientSession
) -> None:
    statuses = []
    for _ in range(62):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await dial(http, relay, "beef" * 16)
        statuses.append(refused.value.status)
    assert statuses == [401] * 60 + [429] * 2
    ws = await dial(http, relay, relay.token("home"))
    await ws.close()


@pytest.mark.parametrize(
    "headers", [{}, {"Authorization": "Basic eDp4"}, {"Authorization": "Bearer x"}]
)
async def test_without_a_token_nobody_gets_in(
    relay: RunningRelay, http: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with http.get(
        f"https{relay.tunnel_url[3:]}/tunnel", headers=headers, ssl=False
    ) as response:
        assert (response.status, await response.text()) == (401, "Unauthorized")


async def test_another_version_of_the_tunnel_is_told_which_one_is_wanted(
    relay: RunningRelay, http: aiohttp.ClientSession
) -> None:
    headers = {"Authorization": f"Bearer {relay.token('home')}"}
    async with http.get(
        f"https{relay.tunnel_url[3:]}/tunnel", headers=headers, ssl=False
    ) as response:
        assert response.status == 400
        assert PROTOCOL in await response.text()
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await http.ws_connect(
            f"{relay.tunnel_url}/tunnel",
            headers=headers,
            protocols=("kickwatt.relay.0",),
            ssl=False,
        )


async def test_a_certificate_that_nobody_vouches_for_is_refused(
    tmp_path: Path, relay: RunningRelay
) -> None:
    other = Authority(tmp_path / "other")
    settings = relay.hub("home", relay_ca=other.file)
    async with running_hub(tmp_path / "home", **settings) as home:
        assert (await error_of(home)).startswith(
            "The relay's certificate is not trusted: "
        )
    assert (await relay.metrics())["kickwatt_relay_tunnels_total"] == 0


async def test_a_renewed_certificate_is_used_without_a_restart(
    relay: RunningRelay, home: RunningHub
) -> None:
    serial = relay.authority.renew()

    def seen() -> int:
        pem = ssl.get_server_certificate(
            ("127.0.0.1", relay.relay.tunnel_port), ca_certs=str(relay.authority.file)
        )
        return x509.load_pem_x509_certificate(pem.encode()).serial_number

    async with asyncio.timeout(60):
        while await asyncio.to_thread(seen) != serial:
            await asyncio.sleep(0.1)
    assert await health(home) == {"status": "ok", "relay": "connected"}


async def test_a_hub_that_dials_in_again_takes_the_place_of_its_old_tunnel(
    relay: RunningRelay, http: aiohttp.ClientSession
) -> None:
    token = relay.token("home")
    old = await dial(http, relay, token)
    board = S1Device(relay.device_url("home"), "scooter", "11" * 32, session=http)
    waiting = asyncio.create_task(board.report(1.0))
    await old.receive_bytes()
    new = await dial(http, relay, token)
    assert (await waiting).body == b"The hub is not connected"
    message = await asyncio.wait_for(old.receive(), 60)
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4409)
    await old.close()
    waiting = asyncio.create_task(board.report(1.0))
    await asyncio.wait_for(new.receive_bytes(), 60)
    await new.close()
    assert (await waiting).status == 503


async def test_two_hubs_with_one_token_are_told_so(
    tmp_path: Path, relay: RunningRelay, home: RunningHub
) -> None:
    client = home.hub.context.relay
    assert client is not None
    settings = {
        "relay": relay.tunnel_url,
        "relay_token": client._token,
        "relay_ca": relay.authority.file,
    }
    async with running_hub(tmp_path / "copy", **settings):
        assert await error_of(home) == (
            "Another hub uses the same token: each needs its own"
        )


async def test_a_hub_that_was_removed_is_hung_up_on_and_not_let_in_again(
    relay: RunningRelay, home: RunningHub, scooter: S1Device
) -> None:
    assert (await scooter.report(1.0)).status == 200
    Hubs(relay.relay.options.data).remove("home")
    assert "token" in await error_of(home)
    assert (await scooter.report(1.0)).status == 401
    assert len(scooter.queue) == 1


async def test_a_relay_that_is_stopped_and_started_again_is_found(
    tmp_path: Path, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    names = ("device_port", "tunnel_port", "status_port")
    ports = dict(zip(names, free_ports(3), strict=True))
    async with running_relay(tmp_path, **ports) as relay:
        settings = relay.hub("home")
    async with running_hub(tmp_path / "home", **settings) as home:
        assert (await error_of(home)).startswith("The relay cannot be reached: ")
        key = await home.add_charger("scooter")
        for _ in range(2):
            async with running_relay(tmp_path, **ports) as relay:
                await relay.connected("home")
                board = S1Device(relay.device_url("home"), "scooter", key, session=http)
                reply = await board.report(1.0)
                assert reply.status in (200, 409)
            with pytest.raises(aiohttp.ClientConnectionError):
                await board.report(1.0)
            assert await error_of(home)
        assert caplog.text.count("The relay was stopped") == 2


async def test_a_hub_that_has_silently_gone_is_noticed(
    relay: RunningRelay,
    http: aiohttp.ClientSession,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A router that was switched off sends no good-bye."""
    monkeypatch.setattr(doors, "HEARTBEAT_S", 0.2)
    gone = await http.ws_connect(
        f"{relay.tunnel_url}/tunnel",
        headers={"Authorization": f"Bearer {relay.token('home')}"},
        protocols=(PROTOCOL,),
        ssl=False,
        autoping=False,
    )
    await gone.receive_bytes()  # the welcome
    await relay.connected("home", connected=False)
    assert "no frame" not in caplog.text
    await gone.close()


async def test_a_relay_that_has_silently_gone_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "HEARTBEAT_S", 0.2)

    async def deaf(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=(PROTOCOL,), autoping=False)
        await ws.prepare(request)
        await ws.send_bytes(encode(Welcome("home", "http://relay.example/h/home")))
        while not ws.closed:
            await ws.receive()
        return ws

    runner, settings = await answering(tmp_path, deaf)
    async with running_hub(tmp_path / "home", **settings) as home:
        assert await error_of(home) == "The tunnel to the relay was cut"
    await runner.cleanup()


async def answering(folder: Path, handler: Any) -> tuple[web.AppRunner, dict[str, Any]]:
    """Something with a good certificate that is no relay; returns a hub's settings for it."""
    authority = Authority(folder / "tls")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.certificate.load_into(tls)
    app = web.Application()
    app.router.add_get("/tunnel", handler)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls).start()
    return runner, {
        "relay": f"wss://127.0.0.1:{runner.addresses[0][1]}",
        "relay_token": "11" * 32,
        "relay_ca": authority.file,
    }


async def _page(_request: web.Request) -> web.Response:
    return web.Response(text="welcome to nginx")


async def _no_welcome(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse(protocols=(PROTOCOL,))
    await ws.prepare(request)
    await ws.send_str("hello")
    await ws.receive()
    return ws


async def _odd_frames(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse(protocols=(PROTOCOL,))
    await ws.prepare(request)
    await ws.send_bytes(encode(Welcome("home", "http://relay.example/h/home")))
    await ws.send_bytes(b"\xff" * 10)
    await ws.receive()
    return ws


async def _text_frames(request: web.Request) -> web.WebSocketResponse:
    ws = web.WebSocketResponse(protocols=(PROTOCOL,))
    await ws.prepare(request)
    await ws.send_bytes(encode(Welcome("home", "http://relay.example/h/home")))
    await ws.send_str("hello")
    await ws.receive()
    return ws


@pytest.mark.parametrize(
    ("handler", "says"),
    [
        (_page, "with status 200 and not as a relay"),
        (_no_welcome, "not a relay of this version"),
        (_odd_frames, "not a relay of this version"),
        (_text_frames, "not a relay of this version"),
    ],
)
async def test_what_is_no_relay_is_named_and_the_hub_works_on(
    tmp_path: Path, handler: Any, says: str, http: aiohttp.ClientSession
) -> None:
    runner, settings = await answering(tmp_path, handler)
    async with running_hub(tmp_path / "home", **settings) as home:
        assert says in await error_of(home)
        board = S1Device(
            home.device_url, "scooter", await home.add_charger("scooter"), session=http
        )
        assert (await board.report(1.0)).status == 200
    await runner.cleanup()


async def test_a_relay_that_never_says_welcome_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "CONNECT_S", 0.3)

    async def silent(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse(protocols=(PROTOCOL,))
        await ws.prepare(request)
        await ws.receive()
        return ws

    runner, settings = await answering(tmp_path, silent)
    async with running_hub(tmp_path / "home", **settings) as home:
        assert await error_of(home) == (
            "The relay cannot be reached: it does not answer in time"
        )
    await runner.cleanup()


@pytest.mark.parametrize(
    ("scheme", "port", "says"),
    [
        ("wss", "device_port", "not with TLS; the tunnel port is wanted"),
        ("ws", "device_port", "with status 404 and not as a relay"),
        ("ws", "tunnel_port", "The relay cannot be reached: "),
    ],
)
async def test_a_wrong_port_or_scheme_is_named(
    tmp_path: Path, relay: RunningRelay, scheme: str, port: str, says: str
) -> None:
    url = f"{scheme}://127.0.0.1:{getattr(relay.relay, port)}"
    async with running_hub(tmp_path / "home", **relay.hub("home", relay=url)) as home:
        assert says in await error_of(home)


async def test_whatever_happens_the_hub_dials_again(
    relay: RunningRelay,
    home: RunningHub,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody would notice a task that had died, until the next charge is missing."""
    with monkeypatch.context() as patch:
        patch.setattr(client_module, "for_hub", lambda _data: 1 / 0)
        board = S1Device(relay.device_url("home"), "scooter", "11" * 32)
        async with board:
            assert (await board.report(1.0)).status == 503
        assert await error_of(home) == "The tunnel to the relay ended unexpectedly"
    await relay.connected("home")
    assert "ZeroDivisionError" in caplog.text


async def test_a_host_that_does_not_exist_is_named_so(tmp_path: Path) -> None:
    settings = {"relay": "wss://relay.invalid", "relay_token": "11" * 32}
    async with running_hub(tmp_path / "home", **settings) as home:
        assert await error_of(home) == (
            "The relay cannot be reached: there is no such host"
        )


@given(st.integers(1, 10_000), st.randoms())
def test_a_pause_doubles_up_to_its_limit_and_is_never_the_whole_herds(
    failures: int, rng: random.Random
) -> None:
    pause = backoff.pause_s(failures, rng)
    step = min(backoff.LONGEST_S, 2.0 ** min(failures - 1, 16))
    assert step / 2 <= pause <= step

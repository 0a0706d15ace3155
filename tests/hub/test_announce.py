"""Announcing the hub: to a pretend Supervisor on a real socket, and to a real zeroconf browser on loopback."""

import asyncio
from pathlib import Path
import socket
from typing import Any

import aiohttp
from aiohttp import web
from kickwatt_demo.process import free_ports
import pytest
from zeroconf import IPVersion, ServiceStateChange
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from kickwatt_hub import __version__, announce
from kickwatt_hub.announce import (
    ZEROCONF_TYPE,
    SupervisorAnnouncement,
    ZeroconfAnnouncement,
)
from kickwatt_hub.own_address import own_address
from tests.support.hub_process import running_hub
from tests.support.waiting import until


class Supervisor:
    """As much of it as a hub talks to."""

    def __init__(self) -> None:
        """It refuses as many announcements as `refusals` says."""
        self.messages: list[tuple[str | None, Any]] = []
        self.refusals = 0
        self.told = asyncio.Event()
        self.url = ""

    async def start(self, port: int = 0) -> web.AppRunner:
        """Listen on loopback."""
        app = web.Application()
        app.router.add_post("/discovery", self._discovery)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        return runner

    async def _discovery(self, request: web.Request) -> web.Response:
        self.messages.append(
            (request.headers.get("Authorization"), await request.json())
        )
        if self.refusals:
            self.refusals -= 1
            return web.json_response({"result": "error"}, status=400)
        self.told.set()
        return web.json_response({"result": "ok", "data": {"uuid": "x"}})


async def test_the_supervisor_is_told_where_the_hub_is_and_how_to_get_in(
    tmp_path: Path,
) -> None:
    """Host, port, the hub's own id, and a token that works; after a restart the very same."""
    supervisor = Supervisor()
    runner = await supervisor.start()
    settings = {"supervisor_url": supervisor.url, "supervisor_token": "sesame"}
    messages = []
    for _ in range(2):
        (port,) = free_ports(1)
        async with running_hub(tmp_path / "data", port=port, **settings) as hub:
            await asyncio.wait_for(supervisor.told.wait(), 60)
            supervisor.told.clear()
            authorization, message = supervisor.messages[-1]
            assert authorization == "Bearer sesame"
            config = message["config"]
            assert message == {
                "service": "kickwatt",
                "config": {
                    "host": socket.gethostname(),
                    "port": hub.hub.main_port,
                    "hub_id": hub.hub_id,
                    "token": config["token"],
                },
            }
            messages.append((config["hub_id"], config["token"]))
            headers = {"Authorization": f"Bearer {config['token']}"}
            async with (
                aiohttp.ClientSession(headers=headers) as session,
                session.get(f"{hub.url}/api/v1/me") as response,
            ):
                assert await response.json() == {
                    "user": "home-assistant",
                    "scope": "admin",
                    "simulator": False,
                }
            tokens = await hub.hub.context.store.accounts.tokens()
            assert len(tokens) == 1
            assert config["token"].encode() not in tokens[0].digest
    assert messages[0] == messages[1]
    await runner.cleanup()


async def test_a_supervisor_that_refuses_or_is_not_there_yet_is_asked_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing secret is logged about it."""
    monkeypatch.setattr(announce, "RETRY_S", (0.05,))
    supervisor = Supervisor()
    (port,) = free_ports(1)
    announcement = SupervisorAnnouncement(
        f"http://127.0.0.1:{port}", "sesame", {"token": "hidden"}
    )
    announcement.start()
    await until(lambda: "cannot be reached" in caplog.text)
    supervisor.refusals = 2
    runner = await supervisor.start(port)
    await asyncio.wait_for(supervisor.told.wait(), 60)
    assert len(supervisor.messages) == 3
    await announcement.stop()
    await runner.cleanup()
    assert "answered 400" in caplog.text
    for secret in ("sesame", "hidden"):
        assert secret not in caplog.text


async def test_stopping_gives_up_asking(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Before it began, and while it waits."""
    monkeypatch.setattr(announce, "RETRY_S", (3600,))
    (port,) = free_ports(1)
    announcement = SupervisorAnnouncement(f"http://127.0.0.1:{port}", "x", {})
    await announcement.stop()
    announcement.start()
    await until(lambda: "cannot be reached" in caplog.text)
    async with asyncio.timeout(60):
        await announcement.stop()


async def test_a_browser_on_the_network_sees_the_hub_come_and_go() -> None:
    """With id, version and api; withdrawn at the end."""
    hub_id = "0123456789abcdef" * 2
    seen: asyncio.Queue[tuple[str, ServiceStateChange]] = asyncio.Queue()

    def changed(
        zeroconf: object, service_type: str, name: str, state_change: ServiceStateChange
    ) -> None:
        if hub_id[:8] in name:
            seen.put_nowait((name, state_change))

    try:
        listening = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
    except OSError as error:
        pytest.skip(f"no multicast on loopback here: {error}")
    browser = AsyncServiceBrowser(listening.zeroconf, ZEROCONF_TYPE, handlers=[changed])
    announcement = ZeroconfAnnouncement(hub_id, "Kickwatt", 8421, ["127.0.0.1"])
    await announcement.start()
    async with asyncio.timeout(60):
        name, change = await seen.get()
    assert change is ServiceStateChange.Added
    info = AsyncServiceInfo(ZEROCONF_TYPE, name)
    assert await info.async_request(listening.zeroconf, 5000)
    assert info.port == 8421
    assert info.parsed_addresses() == ["127.0.0.1"]
    assert info.decoded_properties == {"id": hub_id, "version": __version__, "api": "1"}
    await announcement.stop()
    async with asyncio.timeout(60):
        while change is not ServiceStateChange.Removed:
            _, change = await seen.get()
    await announcement.stop()
    await browser.async_cancel()
    await listening.async_close()


async def test_a_hub_announces_itself_unless_told_not_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It starts and stops the announcement with itself."""
    calls = []

    class Announcement:
        def __init__(self, hub_id: str, name: str, port: int) -> None:
            calls.append((hub_id, name, port))

        async def start(self) -> None:
            calls.append("start")

        async def stop(self) -> None:
            calls.append("stop")

    monkeypatch.setattr("kickwatt_hub.app.ZeroconfAnnouncement", Announcement)
    async with running_hub(tmp_path / "data", zeroconf=True) as hub:
        await asyncio.sleep(0)
        assert calls == [(hub.hub_id, "Kickwatt", hub.hub.main_port), "start"]
    assert calls[-1] == "stop"


async def test_a_machine_without_multicast_still_gets_a_hub(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """With a warning."""

    def fail(**_: object) -> None:
        raise OSError(19, "No such device")

    monkeypatch.setattr(announce, "AsyncZeroconf", fail)
    announcement = ZeroconfAnnouncement("0" * 32, "Kickwatt", 8421)
    await announcement.start()
    await announcement.stop()
    assert "No such device" in caplog.text


def test_the_own_address_is_one_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Loopback where there is no network."""
    assert own_address().version == 4

    class NoNetwork(socket.socket):
        def connect(self, _: object) -> None:
            raise OSError(101, "Network is unreachable")

    assert ZeroconfAnnouncement("0" * 32, "x", 1)._service().port == 1
    monkeypatch.setattr(socket, "socket", NoNetwork)
    assert str(own_address()) == "127.0.0.1"

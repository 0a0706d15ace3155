"""Connections that ask for nothing are closed; those that do are left to their handlers."""

import asyncio
from pathlib import Path
import time

import aiohttp
import pytest

from kickwatt_hub.api import idle, requests
from tests.support.hub_process import RunningHub, running_hub


@pytest.mark.parametrize("port", ["main", "device"])
async def test_whoever_never_finishes_a_header_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    """Silent, or half a header; a live client stays."""
    monkeypatch.setattr(idle, "PATIENCE_S", 0.4)
    async with (
        running_hub(tmp_path / "data") as hub,
        aiohttp.ClientSession() as session,
    ):
        live = await session.ws_connect(f"{hub.url}/api/v1/live")
        number = hub.hub.main_port if port == "main" else hub.hub.device_port
        begun = time.monotonic()
        readers, writers = [], []
        for text in (b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", number)
            writer.write(text)
            readers.append(reader)
            writers.append(writer)
        for reader in readers:
            assert await asyncio.wait_for(reader.read(), 60) == b""
        assert time.monotonic() - begun >= 0.4
        for writer in writers:
            writer.close()
        assert not live.closed
        await live.close()


async def test_a_body_that_never_ends_is_given_up(
    hub: RunningHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logging in needs no token, so anybody could begin to."""
    monkeypatch.setattr(requests, "BODY_S", 0.1)
    reader, writer = await asyncio.open_connection("127.0.0.1", hub.hub.main_port)
    head = (
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    )
    writer.write(head + b"Content-Length: 100\r\n\r\n{")
    assert b" 408 " in await asyncio.wait_for(reader.readline(), 60)
    writer.close()


async def test_what_is_closed_is_forgotten(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """A device opens a new connection for each message; they must not pile up."""
    idlers = idle.Idlers()
    idlers._room = 3
    note = idlers.middleware()

    class Request:
        def __init__(self, number: int) -> None:
            self.protocol = number

    async def handler(_: object) -> None:
        return None

    for number in range(10):
        await note(Request(number), handler)  # type: ignore[arg-type]
        assert len(idlers._asked) <= 3
        idlers._room = 3

"""The log: what strangers send leaves no traceback in it."""

import asyncio
import json
import logging

import aiohttp
import pytest

from kickwatt_hub.log import _quiet, set_up_logging
from tests.support.hub_process import RunningHub

MALFORMED = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS on a plain port
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /?token=Bearer x HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nBad Header: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: \x00\r\n\r\n",
    b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"GET /" + b"x" * 20_000 + b" HTTP/1.1\r\n\r\n",
    b"\r\n\r\n\r\n",
]


@pytest.mark.parametrize("port", ["main", "device"])
async def test_malformed_requests_get_a_4xx_and_leave_no_traceback(
    hub: RunningHub, caplog: pytest.LogCaptureFixture, port: str
) -> None:
    """And the hub goes on."""
    set_up_logging("debug")
    number = hub.hub.main_port if port == "main" else hub.hub.device_port
    for text in MALFORMED:
        reader, writer = await asyncio.open_connection("127.0.0.1", number)
        writer.write(text)
        writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 60)
        assert answer[:9] in (b"", b"HTTP/1.1 ", b"HTTP/1.0 "), (text, answer)
        assert answer[9:12] in (b"", b"400", b"431"), (text, answer)
        writer.close()
    assert "Traceback" not in caplog.text


async def test_a_token_in_a_query_is_in_no_log(
    hub: RunningHub, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """A veCharge client has it there: one that is let in, and one that is not."""
    set_up_logging("debug")
    caplog.set_level("DEBUG")
    await hub.add_charger("test")
    url = f"{hub.url}/socket.io/"
    for given, packet in ((await hub.add_token("control"), "40"), ("f" * 43, "44")):
        query = {"EIO": "4", "transport": "polling", "chargerId": "test"}
        query["token"] = f"Bearer {given}"
        async with http.get(url, params=query) as answer:
            query["sid"] = json.loads((await answer.text())[1:])["sid"]
        async with http.post(url, params=query, data="40") as answer:
            assert answer.status == 200
        async with http.get(url, params=query) as answer:
            assert (await answer.text()).startswith(packet)
        assert given not in caplog.text


def test_only_what_strangers_cause_is_dropped() -> None:
    """A bug of ours is not."""
    record = logging.LogRecord("aiohttp.server", logging.ERROR, "", 0, "x", (), None)
    assert _quiet(record)
    record.exc_info = (RuntimeError, RuntimeError(), None)
    assert _quiet(record)

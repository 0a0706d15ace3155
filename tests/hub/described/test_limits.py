"""What no client should send: too large, too deep, not JSON, not HTTP. Every call that takes a body is tried with all of it."""

import asyncio
import json
from pathlib import Path
import re
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from jsonschema import Draft202012Validator
import pytest

from tests.support.api import Api
from tests.support.hub_process import HubProcess, RunningHub
from tests.support.s1_device import S1Device

pytestmark = pytest.mark.once

DEEP = b"[" * 30_000
ENCODINGS = (b"gzip", b"deflate", b"zstd")
BODIES = {
    "deep": DEEP,
    "deep in a field": b'{"name":' + DEEP + b"]" * 30_000 + b"}",
    "huge": b'{"name":"' + b"x" * 2_000_000 + b'"}',
    "too great a number": b'{"name":1e400,"scope":1e400,"id":1e400}',
    "half a character": b'{"name":"\\ud800","id":"\\udfff","scope":"\\ud800"}',
    "not UTF-8": b'{"name":"\xff\xfe"}',
    "NUL": b'{"name":"\\u0000","id":"\\u0000","username":"\\u0000"}',
    "not a number": b'{"name":NaN}',
    "nothing": b"",
    "a list": b"[]",
    "many digits": b'{"name":' + b"9" * 5_000 + b"}",
}


@pytest.fixture
async def admin(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May do everything, so that nothing is refused before it is read."""
    return Api(hub, http, await hub.add_token("admin"))


@pytest.fixture
async def document(hub: RunningHub, http: aiohttp.ClientSession) -> Any:
    """What is described."""
    return await Api(hub, http, None).ok("GET", "/api/v1/openapi.json")


@pytest.mark.parametrize("name", BODIES)
async def test_a_bad_body_is_refused_as_it_is_described(
    hub: RunningHub, admin: Api, document: Any, name: str
) -> None:
    """With a sentence; the hub lives on."""
    await hub.add_charger("1")
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            if "requestBody" not in call or "servers" in call:
                continue
            url = re.sub(r"\{\w+\}", "1", path)
            status, text = await admin.raw(method.upper(), url, BODIES[name])
            # Silesia's clients may send fields that nobody knows.
            least = 200 if call["tags"] == ["management"] else 400
            assert least <= status < 500, (method, path, status, text[:200])
            assert str(status) in call["responses"], (method, path, status)
            assert json.loads(text)
            if name == "huge":
                assert status in (403, 404, 413), (method, path, text)
    assert (await admin.call("GET", "/healthz"))[0] == 200


@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_a_body_that_is_not_in_the_encoding_that_it_says_is_refused(
    admin: Api, document: Any, encoding: bytes
) -> None:
    """In the shape of each API; whoever sends such a thing has not sent JSON."""
    headers = {"Content-Encoding": encoding.decode()}
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            if "requestBody" not in call or "servers" in call:
                continue
            url = re.sub(r"\{\w+\}", "1", path)
            status, text = await admin.raw(method.upper(), url, b"{}", headers=headers)
            assert status in (400, 403, 404), (method, path, status)
            if not text.startswith((b"{", b"[")):
                continue  # body and head came as one, and it was not HTTP
            said = call["responses"][str(status)]["content"]["application/json"]
            whole = {**said["schema"], "components": document["components"]}
            Draft202012Validator(whole).validate(json.loads(text))


HEADS = [
    b"GET /api/v1/info HTTP/1.1\r\nHost: x\r\nX-A: a\x00b\r\n\r\n",
    b"GET /api/v1/ info HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/v1/info?a=\xff\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /api/v1/info HTTP/1.1\r\nHost: x\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n",
    b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"\x16\x03\x01\x02\x00\x01",
    *(
        b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Encoding: %s\r\nContent-Length: 2\r\n\r\n{}" % encoding
        for encoding in ENCODINGS
    ),
]


async def test_what_is_no_http_is_refused_and_fills_no_log(tmp_path: Path) -> None:
    """Scanners of the internet send such things all day."""
    with HubProcess(tmp_path / "data") as hub:
        for url in (hub.url, hub.device_url):
            for head in HEADS:
                answer = await _say(url, head)
                status = int(answer.split(b" ", 2)[1]) if answer else 400
                assert 400 <= status < 500, (head[:60], answer[:200])
        assert hub.log() == ""


async def _say(url: str, head: bytes) -> bytes:
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    writer.write(head)
    writer.write_eof()
    try:
        return await asyncio.wait_for(reader.read(), 60)
    finally:
        writer.close()


@pytest.fixture
async def charging(hub: RunningHub, http: aiohttp.ClientSession) -> None:
    """A charger that has measured and charged something."""
    key = await hub.add_charger("scooter", simulated=True)
    board = S1Device(hub.device_url, "scooter", key, session=http)
    board.clock, board.relay, board.why = 1_795_000_000, 1, "button"
    for minute in range(10):
        board.clock += 60
        board.energy_wh = minute
        await board.report(60)


@pytest.mark.usefixtures("charging")
async def test_answers_hold_what_is_described_and_nothing_else(
    hub: RunningHub, admin: Api, document: Any
) -> None:
    """Each GET of something that there is; a field that nobody has described is found here."""
    await hub.add_token("own", user="ann")
    session = (await admin.ok("GET", "/api/v1/chargers/scooter/sessions"))["sessions"]
    known = {"id": "scooter", "session": str(session[0]["id"]), "name": "ann"}
    looked = 0
    for path, calls in document["paths"].items():
        call = calls.get("get", {})
        schema = (
            call.get("responses", {})
            .get("200", {})
            .get("content", {})
            .get("application/json", {})
            .get("schema")
        )
        if schema is None or "servers" in call:
            continue
        url = re.sub(r"\{(\w+)\}", lambda found: known.get(found[1], "1"), path)
        status, text = await admin.raw("GET", url)
        if status == 200:
            looked += 1
            whole = {**schema, "components": _closed(document["components"])}
            Draft202012Validator(whole).validate(json.loads(text))
    assert looked > 30


def _closed(schema: Any) -> Any:
    """Return schemas in which an object has the fields that are named and no other."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if schema.get("type") == "object" and "properties" in schema:
        closed.setdefault("additionalProperties", False)
    return closed

"""The OpenAPI document says what is served, all of it, and nothing else."""

from collections.abc import AsyncIterator, Iterator
import json
import re
import socket
from typing import Any

import aiohttp
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
import pytest

from kickwatt_hub.api.openapi.devices import DEVICES
from kickwatt_hub.api.openapi.document import SURFACES, served
from kickwatt_hub.api.openapi.examples import BODIES
from kickwatt_hub.app import _main_app
from tests.support.api import Api
from tests.support.hub_process import RunningHub

pytestmark = pytest.mark.once

PATH = "/api/v1/openapi.json"


@pytest.fixture
async def document(hub: RunningHub, http: aiohttp.ClientSession) -> Any:
    """What anybody gets."""
    return await Api(hub, http, None).ok("GET", PATH)


@pytest.fixture
async def strangers() -> AsyncIterator[Iterator[aiohttp.ClientSession]]:
    """Clients at ever other addresses, so that none of them fails too often."""
    opened = [
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                local_addr=(f"127.0.1.{last}", 0), family=socket.AF_INET
            )
        )
        for last in range(1, 9)
    ]
    yield (opened[index % len(opened)] for index in range(10_000))
    for each in opened:
        await each.close()


def _calls(document: Any) -> Iterator[tuple[str, str, Any]]:
    for path, calls in document["paths"].items():
        for method, call in calls.items():
            yield method.upper(), path, call


async def test_the_document_is_valid(document: Any) -> None:
    """OpenAPI 3.1, and every name of a type is a plain one."""
    validate(document)
    for name in document["components"]["schemas"]:
        assert re.fullmatch(r"[A-Za-z]+", name)


async def test_every_route_is_described_and_nothing_else(
    hub: RunningHub, document: Any
) -> None:
    """Whoever adds a call without words for it, or leaves words without a call, sees it here."""
    app = _main_app(hub.hub.context, hub.hub.settings)
    there = {(method, path) for method, path, _ in served(app)}
    described = {call for surface in SURFACES for call in surface.operations}
    assert (there - described, described - there) == (set(), set())
    told = {(method, path) for method, path, _ in _calls(document)}
    assert told == described | set(DEVICES.operations)
    for _, path, call in _calls(document):
        assert call["summary"], path
        assert call["operationId"]


async def test_every_call_that_needs_a_token_refuses_whoever_has_none(
    hub: RunningHub, document: Any, strangers: Iterator[aiohttp.ClientSession]
) -> None:
    """In the words that are described; and no other call does."""
    for method, path, call in _calls(document):
        if "servers" in call:
            continue
        url = re.sub(r"\{\w+\}", "1", path)
        status, text = await Api(hub, next(strangers), None).raw(method, url)
        assert (status == 401) == ("security" in call) or path.endswith("/login"), path
        assert str(status) in call["responses"] or not call.get("requestBody"), path
        if status == 401:
            assert json.loads(text)


async def test_every_call_says_how_much_a_token_has_to_allow(document: Any) -> None:
    """Administrators' and veCharge's as well, whose tokens come by other ways."""
    for _, path, call in _calls(document):
        scopes = call.get("security", [{"token": ["none"]}])[0]["token"]
        if path.startswith("/admin/"):
            assert scopes == ["admin"], path
        elif call["tags"] == ["vecharge"]:
            assert scopes in (["control"], ["none"]), path


async def test_every_body_has_an_example_that_fits(document: Any) -> None:
    """A new reader copies it; what is no JSON has none."""
    for _, _, call in _calls(document):
        for kind, body in call.get("requestBody", {}).get("content", {}).items():
            if kind == "application/json" and "servers" not in call:
                whole = {**body["schema"], "components": document["components"]}
                Draft202012Validator(whole).validate(body["example"])
    told = {(method, path) for method, path, _ in _calls(document)}
    assert told >= BODIES.keys()


async def test_a_hub_takes_every_example(
    hub: RunningHub, http: aiohttp.ClientSession, document: Any
) -> None:
    """Or says that there is no such thing, or that it is there already: but never that it is wrong."""
    admin = Api(hub, http, await hub.add_token("admin"))
    await hub.add_charger("scooter")
    known = {"id": "1", "name": "ann"}
    for method, path, _ in _calls(document):
        # There is no simulator, and whoever proves a password needs to have it.
        if (method, path) not in BODIES or path in ("/api/v1/simulator/do", "/api/v1/me/password"):  # fmt: skip
            continue
        names = {**known, "id": "scooter"} if "/chargers/" in path else known
        url = re.sub(r"\{(\w+)\}", lambda found, it=names: it[found[1]], path)
        body = json.dumps(BODIES[method, path]).encode()
        status, text = await admin.raw(method, url, body)
        assert status not in (415, 422), (method, path, text)
        twins = (b"already exists", b"unique set", b"does not exist", b"Incorrect cred")
        assert status != 400 or any(each in text for each in twins), (path, text)


async def test_patterns_are_those_of_json_schema(document: Any) -> None:
    r"""Python's \Z means nothing there, and its \d and \s are wider."""
    patterns = re.findall(r'"pattern": ("(?:[^"\\]|\\.)*")', json.dumps(document))
    assert len(patterns) > 10
    for each in patterns:
        pattern = json.loads(each)
        assert not re.search(r"\\[Zzdsw]|\(\?P", pattern), pattern
        assert pattern.startswith("^")
        assert pattern.endswith("$")


async def test_the_document_can_be_read_by_people(
    hub: RunningHub, http: aiohttp.ClientSession, document: Any
) -> None:
    """On a page that runs nothing and asks nobody; each call, and each type that is linked to, is on it."""
    async with http.get(f"{hub.url}/api/docs") as response:
        assert response.status == 200
        page = await response.text()
        policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert not re.search(r"<script|<link|<img|url\(|src=", page)
    anchors = set(re.findall(r'id="([^"]+)"', page))
    for _, _, call in _calls(document):
        assert call["operationId"] in anchors
    assert set(re.findall(r'href="#([^"]+)"', page)) <= anchors
    assert 'href="v1/openapi.json"' in page

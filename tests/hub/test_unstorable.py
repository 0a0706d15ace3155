"""What no database holds: NUL, which PostgreSQL's text has not, and numbers beyond 64 bits. Refused on either engine."""

import json
from typing import Any

import aiohttp
import pytest

from tests.support.api import Api
from tests.support.hub_process import RunningHub

MODEL = {
    "title": "A meter",
    "source": "its manual",
    "bidirectional": False,
    "longest_read": 60,
    "defaults": {},
    "instantaneous": {"active_power": {"address": 0, "unit": "W"}},
    "cumulative": {},
}
PLACE = {"street": "A", "number": "1", "city": "B", "zip_code": "40-001"}


@pytest.fixture
async def admin(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May do everything, so that nothing is refused before it is looked for."""
    return Api(hub, http, await hub.add_token("admin"))


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/v1/users/%00", {"email": "a@b.c"}),
        ("DELETE", "/api/v1/users/a%00b", None),
        ("DELETE", "/api/v1/chargers/%00", None),
        ("DELETE", "/api/v1/chargers/%00?history=keep", None),
        ("DELETE", "/api/v1/removed/%00", None),
        ("POST", "/api/v1/removed/%00/restore", {}),
    ],
)
async def test_nothing_is_named_by_nul(
    admin: Api, method: str, path: str, body: Any
) -> None:
    """There is no such thing."""
    await admin.refused(404, method, path, body)


async def test_nobody_is_called_nul(admin: Api) -> None:
    """Who logs in so is refused as anybody with a wrong name."""
    login = {"name": "ann\x00", "password": "correct horse"}
    await admin.refused(401, "POST", "/api/v1/login", login)
    named = {"username": "ann\x00", "password": "correct horse"}
    status, text = await admin.raw("POST", "/auth/login", named)
    assert (status, json.loads(text)) == (400, {"username": ["Enter a valid value."]})


@pytest.mark.parametrize(
    "change",
    [
        {"title": "\x00"},
        {"source": "\x00"},
        {"source": "x" * 501},
        {"instantaneous": {"\x00": {"address": 0}}},
        {"instantaneous": {"a": {"address": 0, "unit": "\x00"}}},
    ],
)
async def test_a_meter_model_is_made_of_what_can_be_printed(
    admin: Api, change: dict[str, Any]
) -> None:
    """Title, source, names and units; and its numbers are numbers."""
    await admin.refused(422, "POST", "/api/v1/meter-models/mine", {**MODEL, **change})


@pytest.mark.parametrize("scale", ["nan", "inf", "9" * 5000])
async def test_a_meter_models_numbers_are_finite(admin: Api, scale: str) -> None:
    """Also those that only TOML can write."""
    text = f"""title = "A meter"
source = "its manual"
bidirectional = false
longest_read = 60
defaults = {{}}
cumulative = {{}}
[instantaneous]
a = {{ address = 0, scale = {scale} }}
"""
    kind = {"Content-Type": "application/toml"}
    await admin.refused(422, "POST", "/api/v1/meter-models/mine", text.encode(), headers=kind)  # fmt: skip


async def test_a_reference_beyond_64_bits_leads_nowhere(admin: Api) -> None:
    """To a user as to anything else."""
    status, text = await admin.raw("POST", "/admin/locations", {"user": 10**26, **PLACE})  # fmt: skip
    assert status == 400
    assert "object does not exist" in json.loads(text)["user"][0]

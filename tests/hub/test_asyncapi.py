"""The AsyncAPI document."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import jsonschema
import pytest

from kickwatt_hub.api import asyncapi
from kickwatt_hub.api.live.commands import COMMANDS
from kickwatt_hub.api.live.topics import TOPICS
from kickwatt_hub.api.vecharge import typed
from tests.support.hub_process import RunningHub

SCHEMA = Path(__file__).parent / "vecharge/clients/node_modules/@asyncapi/specs/schemas/3.0.0.json"  # fmt: skip


@pytest.mark.skipif(not SCHEMA.exists(), reason="scripts/setup fetches the schema")
async def test_it_is_served_and_valid(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """By AsyncAPI's own schema of 3.0.0."""
    async with http.get(f"{hub.url}/api/v1/asyncapi.json") as answer:
        assert answer.status == 200
        found = await answer.json()
    jsonschema.Draft7Validator(json.loads(SCHEMA.read_text())).validate(found)


def test_it_has_every_command_and_every_event() -> None:
    """Those of the tables by which the hub works."""
    channels = asyncapi.document()["channels"]
    live = channels["live"]["messages"]
    assert {f"command.{name}" for name in COMMANDS} <= set(live)
    assert {f"event.{name}" for name, _ in TOPICS.values()} <= set(live)
    assert set(typed.EVENTS.values()) <= set(channels["events"]["messages"])


def test_every_reference_leads_somewhere() -> None:
    """In the document itself."""
    document = asyncapi.document()

    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if "$ref" in part else []
            return own + [each for value in part.values() for each in references(value)]
        if isinstance(part, list):
            return [each for value in part for each in references(value)]
        return []

    for reference in references(document):
        at: Any = document
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]

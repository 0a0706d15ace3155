"""Two hubs on one database: the one that leads asks meters, the other shows what it says, and takes over from it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest

from kickwatt_hub.store.peers import MOST
from kickwatt_sim.energy_meter import SimulatedMeter
from tests.hub.management.conftest import Caller
from tests.hub.test_scale_out import Site
from tests.support.postgresql import NEEDS, Cluster
from tests.support.until import until

from .conftest import new

pytestmark = pytest.mark.needs(NEEDS[0], package=NEEDS[1])


@pytest.fixture
async def site(tmp_path: Path, postgresql: Cluster) -> AsyncIterator[Site]:
    """Two hubs, of which `a` leads."""
    site = Site(tmp_path, postgresql.new())
    await site.start("a")
    await site.start("b")
    yield site
    await site.close()


async def test_one_hub_asks_and_both_know(
    site: Site, http: aiohttp.ClientSession, sdm630: SimulatedMeter
) -> None:
    """Added at the one that does not lead; history is the same at both."""
    token = await site.hubs["a"].add_token("admin")
    at = {name: Caller(hub, http, token) for name, hub in site.hubs.items()}
    added = await at["b"].add("/api/v1/meters", new(sdm630))
    path = f"/api/v1/meters/{added['id']}"

    async def live(name: str) -> Any:
        status, found = await at[name]("GET", path)
        return found if status == 200 and found["online"] else None

    await until(lambda: live("a"))
    seen = await until(lambda: live("b"))
    assert len(seen["values"]) == 89
    assert site.hubs["b"].hub.context.meters._hosts == {}

    async def kept() -> Any:
        history = f"{path}/history?measurement=frequency"
        return (await at["b"].get(history))["readings"]

    await until(kept)
    await site.stop("a")
    before = sdm630.requests

    async def asked() -> bool:
        return sdm630.requests > before

    await until(asked)
    assert await until(lambda: live("b"))


async def test_a_meter_says_more_than_a_notification_carries(
    site: Site, http: aiohttp.ClientSession, sdm630: SimulatedMeter
) -> None:
    """Of 400 registers each value is there at the other hub, too, and each reason why there is none."""
    token = await site.hubs["a"].add_token("admin")
    at = {name: Caller(hub, http, token) for name, hub in site.hubs.items()}
    registers = {
        f"what_is_measured_at_the_address_{address}": {"address": address}
        for address in range(0, 800, 2)
    }
    model = {
        "title": "Acme",
        "source": "its manual",
        "bidirectional": True,
        "longest_read": 60,
        "defaults": {"function_code": 4, "kind": "float32"},
        "instantaneous": registers,
        "cumulative": {},
    }
    await at["a"].add("/api/v1/meter-models/acme", model)
    added = await at["a"].add("/api/v1/meters", new(sdm630, model="acme", interval_s=3600))  # fmt: skip

    async def live(name: str) -> Any:
        status, found = await at[name]("GET", f"/api/v1/meters/{added['id']}")
        return found if status == 200 and found["online"] else None

    told = await until(lambda: live("a"))
    assert len(told["missing"]) > 200
    assert len(msgspec.json.encode(told)) > 2 * MOST

    async def same() -> bool:
        # It may have heard what the meter says before it has read what is wanted of it.
        return bool(await live("b") == told)

    await until(same)
    await site.stop("b")
    await site.start("b")
    at["b"] = Caller(site.hubs["b"], http, token)
    await until(same)

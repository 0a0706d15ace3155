"""A simulation beside the hub is looked at and changed through the hub, by an administrator."""

from collections.abc import Iterator
from pathlib import Path

import aiohttp
import msgspec
import pytest

from kickwatt_hub.api import simulatoranswers as answers
from tests.support.api import Api
from tests.support.hub_process import running_hub
from tests.support.scooter import scooter

pytestmark = pytest.mark.once
PATH = "/api/v1/simulator"


@pytest.fixture
def control() -> Iterator[str]:
    """The port of a simulated scooter's control."""
    with scooter() as running:
        yield str(running.port)


async def test_it_is_passed_on_in_the_shapes_that_are_described(
    tmp_path: Path, http: aiohttp.ClientSession, control: str
) -> None:
    async with running_hub(tmp_path, simulator_control=control) as hub:
        api = Api(hub, http, await hub.add_token("admin"))
        assert (await api.ok("GET", "/api/v1/me"))["simulator"] is True
        state = msgspec.convert(await api.ok("GET", PATH), answers.Simulation)
        assert state.charger == "scooter"
        told = await api.ok("GET", f"{PATH}/catalog")
        catalog = msgspec.convert(told, answers.SimulatorCatalog)
        fault = catalog.faults[0].name
        wish = {"do": "fault", "fault": fault, "lasts_s": 3600}
        changed = await api.ok("POST", f"{PATH}/do", wish)
        msgspec.convert(changed, answers.Simulation)
        said = await api.ok("GET", f"{PATH}/dialogue?after=0")
        msgspec.convert(said, answers.SimulatorDialogue)
        wish = {"do": "fault", "fault": "gremlins"}
        error = await api.refused(422, "POST", f"{PATH}/do", wish)
        assert error["field"] == "fault"
        error = await api.refused(422, "GET", f"{PATH}/dialogue?after=x")
        assert error["field"] == "after"
        await api.refused(409, "POST", f"{PATH}/do", {"do": "set_speed", "speed": 60})


async def test_it_plays_a_further_charger_and_nobody_is_told_the_key(
    tmp_path: Path, http: aiohttp.ClientSession, control: str
) -> None:
    async with running_hub(tmp_path, simulator_control=control) as hub:
        api = Api(hub, http, await hub.add_token("admin"))
        key = await hub.add_charger("bike", name="Anna's e-bike", simulated=True)
        told = await api.ok("PUT", f"{PATH}/boards/bike")
        boards = msgspec.convert(told, answers.SimulatedBoards).boards
        assert [(each.charger, each.first) for each in boards] == [
            ("scooter", True),
            ("bike", False),
        ]
        assert await api.ok("GET", f"{PATH}/boards") == told
        state = await api.ok("GET", f"{PATH}?charger=bike")
        assert state["charger"] == "bike"
        await api.ok("POST", f"{PATH}/do?charger=bike", {"do": "fault", "fault": "no_network"})  # fmt: skip
        assert (await api.ok("GET", PATH))["faults"] == []
        said = await api.ok("GET", f"{PATH}/dialogue?charger=bike&after=0")
        assert key not in str([told, state, said])
        left = await api.ok("DELETE", f"{PATH}/boards/bike")
        assert [each["charger"] for each in left["boards"]] == ["scooter"]
        error = await api.refused(404, "GET", f"{PATH}?charger=bike")
        assert error["field"] == "charger"


async def test_a_charger_with_a_board_of_its_own_is_never_played(
    tmp_path: Path, http: aiohttp.ClientSession, control: str
) -> None:
    async with running_hub(tmp_path, simulator_control=control) as hub:
        api = Api(hub, http, await hub.add_token("admin"))
        await hub.add_charger("garage")
        error = await api.refused(409, "PUT", f"{PATH}/boards/garage")
        assert "a board of its own" in error["message"]
        await api.refused(404, "PUT", f"{PATH}/boards/nobody")
        await api.refused(409, "DELETE", f"{PATH}/boards/scooter")
        await api.refused(404, "DELETE", f"{PATH}/boards/..%2Fdo")
        assert len((await api.ok("GET", f"{PATH}/boards"))["boards"]) == 1


async def test_only_an_administrator_changes_the_world(
    tmp_path: Path, http: aiohttp.ClientSession, control: str
) -> None:
    async with running_hub(tmp_path, simulator_control=control) as hub:
        api = Api(hub, http, await hub.add_token("control"))
        await api.refused(403, "POST", f"{PATH}/do", {"do": "unplug"})
        await api.refused(403, "GET", PATH)
        await api.refused(403, "GET", f"{PATH}/boards")
        await api.refused(403, "PUT", f"{PATH}/boards/scooter")
        await api.refused(403, "DELETE", f"{PATH}/boards/scooter")


async def test_without_a_simulation_there_is_nothing(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    async with running_hub(tmp_path) as hub:
        api = Api(hub, http, await hub.add_token("admin"))
        assert (await api.ok("GET", "/api/v1/me"))["simulator"] is False
        await api.refused(404, "GET", PATH)


async def test_a_simulation_that_has_ended_is_said_to_be_silent(
    tmp_path: Path, http: aiohttp.ClientSession, unused_tcp_port: int
) -> None:
    control = f"localhost:{unused_tcp_port}"
    async with running_hub(tmp_path, simulator_control=control) as hub:
        api = Api(hub, http, await hub.add_token("admin"))
        error = await api.refused(503, "GET", PATH)
        assert "does not answer" in error["message"]

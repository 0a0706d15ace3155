"""Keys and boards that change while the charger stays, and chargers that go while their history stays."""

import asyncio

import aiohttp
import pytest

from tests.support.api import Api
from tests.support.hub_process import HubProcess, RunningHub
from tests.support.s1_device import S1Device

SCOOTER = "/api/v1/chargers/scooter"


@pytest.fixture
async def admin(hub: RunningHub, http: aiohttp.ClientSession) -> Api:
    """May do everything."""
    return Api(hub, http, await hub.add_token("admin"))


async def test_a_name_suggests_the_id(admin: Api) -> None:
    """In plain letters; a second one of the same name gets a number."""
    ids = []
    for name in ("Hulajnoga Żółta", "Hulajnoga żółta", "充電器", "a" * 100, "a" * 100):
        added = await admin.ok("POST", "/api/v1/chargers", {"name": name})
        assert added["charger"]["name"] == name
        ids.append(added["charger"]["id"])
    assert ids == [
        "hulajnoga-zolta",
        "hulajnoga-zolta-2",
        "charger",
        "a" * 28,
        "a" * 28 + "-2",
    ]


async def test_the_lines_for_the_board_have_the_address_that_was_given(
    admin: Api,
) -> None:
    """Only http, which is what boards can."""
    url = "http://hub.example:8422/"
    added = await admin.ok("POST", "/api/v1/chargers", {"id": "a", "url": url})
    assert 'KICKWATT_URL = "http://hub.example:8422"' in added["settings_toml"]
    for wrong in ("https://hub.example", "hub.example", 'http://a"b', "http://a\n"):
        body = {"id": "b", "url": wrong}
        error = await admin.refused(422, "POST", "/api/v1/chargers", body)
        assert error["field"] == "url"


async def test_a_new_key_locks_the_old_board_out_and_lets_another_go_on(
    hub: RunningHub, admin: Api, board: S1Device, http: aiohttp.ClientSession
) -> None:
    """The history goes on; power that the old board was told to give is not given by the new one."""
    await board.report(5.0, energy_wh=100)
    await admin.ok("PUT", f"{SCOOTER}/desired", {"relay": "on"})
    told = await admin.ok("POST", f"{SCOOTER}/key", {})
    assert told["key"] != board.key
    assert told["key"] in told["settings_toml"]
    assert told["charger"]["relay"]["desired"] == "off"
    assert (await board.report()).status == 401
    other = S1Device(hub.device_url, "scooter", told["key"], session=http)
    refused = await other.report(6.0)
    assert (
        refused.status == 409
    )  # its boot counter is behind: it goes on above the old one's
    assert refused.json is not None
    other.reboot()
    other.boot = refused.json["boot"] + 1
    reply = await other.report(6.0)
    assert reply.json is not None
    assert (reply.status, reply.json["relay"]) == (200, 0)
    page = await admin.ok("GET", f"{SCOOTER}/readings")
    assert [each["power_w"] for each in page["readings"]] == [5.0, 6.0]


async def test_the_key_of_a_legacy_device_is_renewed_too(
    hub: RunningHub, admin: Api, http: aiohttp.ClientSession
) -> None:
    """The old one is refused at once."""
    old = await hub.add_charger("old", kind="legacy")
    told = await admin.ok("POST", "/api/v1/chargers/old/key", {})
    for key, status in ((old, 401), (told["key"], 404)):
        async with http.get(hub.device_url, headers={"api_key": key}) as response:
            assert response.status == status


async def _refused(board: S1Device) -> None:
    """Wait until the hub no longer knows this key: at once beside a file, within seconds beside a server."""
    async with asyncio.timeout(60):
        while (await board.report(5.0)).status != 401:
            await asyncio.sleep(0.1)


async def test_the_command_line_renews_a_key_beside_a_running_hub(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """And the hub believes the new one from the next message on."""
    with HubProcess(tmp_path_factory.mktemp("keys") / "data") as hub:
        old = hub.add_charger("scooter")
        async with S1Device(hub.device_url, "scooter", old) as board:
            assert (await board.report(5.0)).status == 200
            lines = await hub.acli("charger", "key", "scooter")
            new = lines.partition('KICKWATT_KEY = "')[2][:64]
            board.key = new
            board.reboot()
            board.boot = 2
            assert (await board.report(5.0)).status == 200
            board.key = old
            await _refused(board)
            await hub.acli("charger", "remove", "scooter", "--keep-history")
            board.key = new
            await _refused(board)
            again = await hub.acli("charger", "restore", "scooter")
            board.key = again.partition('KICKWATT_KEY = "')[2][:64]
            assert (await board.report(5.0)).status == 200


async def test_a_removed_charger_keeps_its_history_if_it_is_told_to(
    hub: RunningHub, admin: Api, board: S1Device
) -> None:
    """It is not listed and its board is a stranger, but its readings are there, and it can be brought back."""
    await board.report(5.0)
    assert await admin.ok("DELETE", f"{SCOOTER}?history=keep") is None
    assert (await board.report()).status == 401
    assert await admin.ok("GET", "/api/v1/chargers") == []
    (removed,) = await admin.ok("GET", "/api/v1/removed")
    assert (removed["id"], removed["kind"]) == ("scooter", "s1")
    page = await admin.ok("GET", f"{SCOOTER}/readings")
    assert len(page["readings"]) == 1
    await admin.refused(404, "GET", SCOOTER)
    await admin.refused(404, "DELETE", SCOOTER)
    error = await admin.refused(409, "POST", "/api/v1/chargers", {"id": "scooter"})
    assert "history is kept" in error["message"]
    back = await admin.ok("POST", "/api/v1/removed/scooter/restore", {})
    board.key = back["key"]
    assert (await board.report(6.0)).status == 200
    assert len((await admin.ok("GET", f"{SCOOTER}/readings"))["readings"]) > 1
    await admin.refused(404, "POST", "/api/v1/removed/scooter/restore", {})


async def test_what_was_kept_can_be_removed_after_all(
    admin: Api, board: S1Device
) -> None:
    """Then nothing is left, and the id is free."""
    await board.report(5.0)
    await admin.ok("DELETE", f"{SCOOTER}?history=keep")
    await admin.ok("DELETE", "/api/v1/removed/scooter")
    assert await admin.ok("GET", "/api/v1/removed") == []
    await admin.refused(404, "GET", f"{SCOOTER}/readings")
    await admin.refused(404, "DELETE", "/api/v1/removed/scooter")
    await admin.ok("POST", "/api/v1/chargers", {"id": "scooter"})
    error = await admin.refused(422, "DELETE", f"{SCOOTER}?history=maybe")
    assert error["field"] == "history"


async def test_how_long_readings_are_kept_is_set(admin: Api, board: S1Device) -> None:
    """In days, or for ever."""
    assert await admin.ok("GET", f"{SCOOTER}/keep") == {"raw_days": None}
    assert await admin.ok("PUT", f"{SCOOTER}/keep", {"raw_days": 30}) == {"raw_days": 30}  # fmt: skip
    assert await admin.ok("GET", f"{SCOOTER}/keep") == {"raw_days": 30}
    error = await admin.refused(422, "PUT", f"{SCOOTER}/keep", {"raw_days": 0})
    assert error["field"] == "raw_days"

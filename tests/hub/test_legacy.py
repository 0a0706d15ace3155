"""The seed's format over real sockets: its clients work unchanged, and none of its defects is repeated."""

import json
from pathlib import Path
import time
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.model import LegacyFormat
from tests.support.hub_process import RunningHub, running_hub

ROW = {"amper": 1239, "data": "22/04/05,11:39:33", "signal": 10, "volt": 2330}


class Device:
    """A device of the seed."""

    def __init__(
        self, hub: RunningHub, key: str, session: aiohttp.ClientSession
    ) -> None:
        """`key` is its api_key."""
        self._url = hub.device_url + "/"
        self.headers = {"api_key": key}
        self._session = session

    async def post(
        self, *rows: Any, body: bytes | None = None, **headers: str
    ) -> tuple[int, str]:
        """Post rows as the seed does; return status and text."""
        data = json.dumps({"msg": list(rows)}) if body is None else body
        headers = {**self.headers, "Content-Type": "application/json", **headers}
        async with self._session.post(
            self._url, data=data, headers=headers
        ) as response:
            return response.status, await response.text()

    async def get(self) -> tuple[int, str]:
        """Fetch the newest row."""
        async with self._session.get(self._url, headers=self.headers) as response:
            return response.status, await response.text()


@pytest.fixture
async def device(hub: RunningHub, http: aiohttp.ClientSession) -> Device:
    """A device that the hub knows as `old`."""
    return Device(hub, await hub.add_charger("old", kind="legacy"), http)


def _row(
    seconds_ago: float = 0.0, now_s: float | None = None, **changes: Any
) -> dict[str, Any]:
    """A row that was measured that long ago, by a clock at UTC+1.

    Rows that have to be whole minutes apart share a `now_s`: between two calls a second may end.
    """
    now_s = time.time() if now_s is None else now_s
    moment = time.gmtime(now_s + 3600 - seconds_ago)
    return {**ROW, "data": time.strftime("%y/%m/%d,%H:%M:%S", moment), **changes}


async def _readings(hub: RunningHub, charger_id: str = "old") -> list[Any]:
    context = hub.hub.context
    entry = context.fleet.find(charger_id)
    assert entry is not None
    return (await context.store.history.readings(entry.pk, 0, 2**60, 10_000))[0]


async def test_a_batch_gets_204_and_the_newest_row_comes_back_as_it_was(
    hub: RunningHub, device: Device
) -> None:
    """The last by insertion, not by time; keys sorted, values as floats, not wrapped in `msg`."""
    assert await device.post(ROW, {**ROW, "data": "22/04/05,11:38:33"}) == (204, "")
    status, text = await device.get()
    assert (status, text) == (
        200,
        '{"amper":1239.0,"data":"22/04/05,11:38:33","signal":10,"volt":2330.0}',
    )
    first, second = await _readings(hub)
    assert (second.voltage_v, second.current_a, second.power_w) == (233.0, 1.239, None)
    assert second.time_ms == 1_649_155_173_000  # 2022-04-05 10:39:33 UTC
    assert second.time_ms - first.time_ms == 60_000


async def test_an_empty_batch_and_extra_keys_are_fine(device: Device) -> None:
    """As with the original."""
    assert await device.post() == (204, "")
    assert await device.post({**ROW, "more": 1}) == (204, "")


async def test_before_the_first_row_there_is_nothing_to_get(device: Device) -> None:
    """The original answers 500."""
    assert (await device.get())[0] == 404


@pytest.mark.parametrize("key", [None, "", "wrong", "0" * 64, "é"])
async def test_without_the_key_nothing_is_taken_and_nothing_shown(
    hub: RunningHub, device: Device, key: str | None
) -> None:
    """401 and the word Unauthorized."""
    device.headers = {} if key is None else {"api_key": key}
    assert await device.post(ROW) == (401, "Unauthorized")
    assert await device.get() == (401, "Unauthorized")
    assert await _readings(hub) == []


async def test_the_key_of_an_s1_board_does_not_work_here(
    hub: RunningHub, device: Device
) -> None:
    """In clear it must never travel."""
    device.headers = {"api_key": await hub.add_charger("scooter")}
    assert await device.post(ROW) == (401, "Unauthorized")


async def test_a_legacy_key_does_not_work_for_s1(
    hub: RunningHub, device: Device, http: aiohttp.ClientSession
) -> None:
    """It has travelled in clear."""
    from tests.support.s1_device import S1Device

    board = S1Device(hub.device_url, "old", device.headers["api_key"], session=http)
    assert (await board.report()).status == 401


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{**ROW, "data": "29/02/10,24:00:00"}], "msg[0].data"),
        ([{**ROW, "data": "32/04/31,11:39:33"}], "msg[0].data"),
        ([{**ROW, "data": "29/02/29 11:39:33"}], "msg[0].data"),
        ([{**ROW, "data": "22/04/05,11:39:33+1"}], "msg[0].data"),
        ([{**ROW, "data": "22/04/05,11:39:33\n"}], "msg[0].data"),
        ([{**ROW, "data": "２２/04/05,11:39:33"}], "msg[0].data"),
        ([{**ROW, "data": 5}], "msg[0].data"),
        ([{**ROW, "volt": "x"}], "msg[0].volt"),
        ([{**ROW, "volt": -1}], "msg[0].volt"),
        ([{**ROW, "volt": 10**400}], "msg[0].volt"),
        ([{**ROW, "amper": None}], "msg[0].amper"),
        ([{**ROW, "amper": True}], "msg[0].amper"),
        ([{**ROW, "signal": 100}], "msg[0].signal"),
        ([{**ROW, "signal": 1.5}], "msg[0].signal"),
        ([{"amper": 1}], "msg[0]"),
        ([ROW, 5], "msg[1]"),
        ([ROW] * 1001, "msg"),
    ],
)
async def test_what_is_wrong_is_named_and_the_batch_is_not_stored(
    hub: RunningHub, device: Device, rows: list[Any], words: str
) -> None:
    """Not its good rows either."""
    status, text = await device.post(_row(), *rows)
    words = words.replace("[0]", "[1]") if words != "msg[1]" else "msg[2]"
    assert status == 422
    assert text.startswith(words)
    assert await _readings(hub) == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (
            b'{"msg": [{"amper":1239,"data":"22/04/05,11:39:33","signal":10,"volt":2330},]}',
            400,
        ),
        (b"", 400),
        (b"hello", 400),
        (b"\xff", 400),
        (b'{"msg":' + b"[" * 100_000, 422),
        (b"{}", 422),
        (b"[]", 422),
        (b'{"msg":"' + b"x" * 140_000 + b'"}', 413),
    ],
    ids=range(8),
)
async def test_what_is_no_batch_at_all(
    device: Device, body: bytes, status: int
) -> None:
    """The trailing comma is the literal example of the seed's text."""
    assert (await device.post(body=body))[0] == status


async def test_the_content_type_must_be_json(device: Device) -> None:
    """The original fails with 500."""
    assert (await device.post(ROW, **{"Content-Type": "text/plain"}))[0] == 415


async def test_put_is_405_with_allow_and_options_says_the_same(
    hub: RunningHub, http: aiohttp.ClientSession, device: Device
) -> None:
    """GET, HEAD, OPTIONS, POST, as with the original."""
    allowed = {"GET", "HEAD", "OPTIONS", "POST"}
    for method, status in (("PUT", 405), ("OPTIONS", 200)):
        async with http.request(method, hub.device_url + "/") as response:
            assert response.status == status
            assert {
                each.strip() for each in response.headers["Allow"].split(",")
            } == allowed
    await device.post(ROW)
    async with http.head(hub.device_url + "/", headers=device.headers) as response:
        assert (response.status, await response.read()) == (200, b"")


async def test_a_row_is_known_by_its_time_and_its_values(
    hub: RunningHub, device: Device
) -> None:
    """A device that got no answer sends all of it again."""
    rows = [_row(120), _row(60), _row(60, volt=2331)]
    for batch in (rows, rows, [*rows, rows[0], _row(0)], rows[:1]):
        assert (await device.post(*batch))[0] == 204
    assert len(await _readings(hub)) == 4


async def test_the_zone_of_a_time_counts(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """With ±zz in quarters of an hour, else the charger's own, UTC+1 where the owner said nothing."""
    for charger_id, offset_min, data in (
        ("a", 60, "22/04/05,11:39:33"),
        ("b", 0, "22/04/05,10:39:33"),
        ("c", -90, "22/04/05,09:09:33"),
        ("d", 60, "22/04/05,10:39:33+00"),
        ("e", 60, "22/04/05,18:39:33+32"),
        ("f", 60, "22/04/05,05:09:33-22"),
    ):
        form = LegacyFormat(utc_offset_min=offset_min)
        key = await hub.add_charger(charger_id, kind="legacy", legacy=form)
        await Device(hub, key, http).post({**ROW, "data": data})
        assert [each.time_ms for each in await _readings(hub, charger_id)] == [
            1_649_155_173_000
        ]


async def test_what_an_ampere_is_the_owner_says(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """Milliampere, or deciampere for those who used the seed's integration."""
    key = await hub.add_charger(
        "d", kind="legacy", legacy=LegacyFormat(ampere_unit="dA")
    )
    await Device(hub, key, http).post({**ROW, "amper": 5})
    assert [each.current_a for each in await _readings(hub, "d")] == [0.5]


async def test_the_charger_shows_apparent_power_and_invents_no_watts(
    hub: RunningHub, device: Device
) -> None:
    """Nobody measured real power."""
    await device.post(_row(60), _row(0, amper=500))
    async with (
        aiohttp.ClientSession(
            headers={"Authorization": f"Bearer {await hub.add_token('read')}"}
        ) as session,
        session.get(f"{hub.url}/api/v1/chargers/old/readings") as response,
    ):
        last = (await response.json())["readings"][-1]
    assert (last["apparent_power_va"], last["power_w"], last["relay"]) == (
        116.5,
        None,
        None,
    )
    assert last["energy_wh"] is None
    (charger,) = hub.hub.context.fleet.snapshot()
    assert charger.reading is not None
    assert charger.reading.apparent_power_va == pytest.approx(116.5)
    assert (charger.reading.power_w, charger.reading.energy_wh) == (None, None)
    assert (charger.online, charger.relay_on, charger.csq) == (True, None, 10)


async def test_with_a_power_factor_energy_is_estimated_and_charges_are_found(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """An hour at 200 VA and 0.5 is 100 Wh."""
    form = LegacyFormat(power_factor=0.5)
    estimated = Device(
        hub, await hub.add_charger("pf", kind="legacy", legacy=form), http
    )
    unknown = Device(hub, await hub.add_charger("old", kind="legacy"), http)
    now_s = time.time()
    rows = [_row(4000 - n * 60, now_s, amper=1000, volt=2000) for n in range(61)]
    rows += [_row(340 - n * 60, now_s, amper=0, volt=2000) for n in range(6)]
    for device in (estimated, unknown):
        assert (await device.post(*rows[:61]))[0] == 204
    with_factor, without = hub.hub.context.fleet.snapshot()
    assert with_factor.state == without.state == "charging"
    assert with_factor.reading is not None
    assert with_factor.reading.energy_wh == pytest.approx(100.0)
    assert with_factor.session is not None
    assert with_factor.session.energy_wh == pytest.approx(100.0, rel=0.02)
    assert without.session is not None
    assert (without.session.energy_wh, without.session.peak_power_w) == (None, None)
    for device in (estimated, unknown):
        await device.post(*rows[61:])
    with_factor, without = hub.hub.context.fleet.snapshot()
    assert with_factor.session is not None
    assert with_factor.session.energy_wh is not None


async def test_a_wrong_clock_is_kept_and_disturbs_nothing(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """A SIM800 without network time believes it is 1980 or 2080."""
    async with running_hub(tmp_path / "data") as hub:
        form = LegacyFormat(power_factor=0.5)
        device = Device(
            hub, await hub.add_charger("old", kind="legacy", legacy=form), http
        )
        await device.post(*(_row(600 - n * 60, amper=1000) for n in range(8)))
        (before,) = hub.hub.context.fleet.snapshot()
        await device.post({**ROW, "data": "80/01/06,00:00:10"})
        await device.post(_row(-90_000))
        (after,) = hub.hub.context.fleet.snapshot()
        assert (after.reading, after.session, after.phase) == (
            before.reading,
            before.session,
            before.phase,
        )
        assert len(await _readings(hub)) == 10
        last_row = _row(60, amper=1000)
        await device.post(last_row)
        (last,) = hub.hub.context.fleet.snapshot()
        assert last.reading is not None
        assert last.reading.energy_wh > (
            before.reading.energy_wh if before.reading else 0
        )
        _, newest = await device.get()
    async with running_hub(tmp_path / "data") as hub:
        (again,) = hub.hub.context.fleet.snapshot()
        assert again.reading == last.reading
        assert (again.csq, again.phase) == (last.csq, last.phase)
        device = Device(hub, device.headers["api_key"], http)
        assert (await device.get())[1] == newest
        assert (await device.post(last_row))[0] == 204
        assert len(await _readings(hub)) == 11

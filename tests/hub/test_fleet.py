"""The chargers in memory: rebuilt after a restart, kept in step with what others store."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
from msgspec.structs import replace
import pytest

from kickwatt_hub import rebuilding
from kickwatt_hub.bus import Event
from kickwatt_hub.entry import Entry
from kickwatt_hub.model import ChargerSettings, Delivery, Order, SessionRecord
from kickwatt_hub.store import NotThereError, UnavailableError
from tests.support.engine import open_store
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device
from tests.support.waiting import until


def _entry(hub: RunningHub, charger_id: str = "scooter") -> Entry:
    entry = hub.hub.context.fleet.find(charger_id)
    assert entry is not None
    return entry


async def _charge(board: S1Device, minutes: int, *, end: bool = False) -> None:
    board.relay, board.state, board.why = 1, "charging", "order"
    for n in range(minutes * 2):
        board.energy_wh += 1
        board.measure(90.0, age_s=(minutes * 2 - n) * 30)
    await board.send()
    if end:
        board.relay, board.state, board.why = 0, "done", "cut_off"
        board.measure(0.0)
        await board.send()


async def _board(
    hub: RunningHub, session: aiohttp.ClientSession, **flags: Any
) -> S1Device:
    key = await hub.add_charger("scooter", **flags)
    return S1Device(hub.device_url, "scooter", key, session=session)


async def test_after_a_restart_the_charger_is_what_it_was(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """In the middle of a charge, after one, and with nothing but silence."""
    async with running_hub(tmp_path / "data") as hub:
        board = await _board(hub, http)
        await _charge(board, 10, end=True)
        await _charge(board, 10)
        before = _entry(hub).charger
        assert before.session is not None
        assert (before.session.id, before.state) == (2, "charging")
        state = _entry(hub).brain
    async with running_hub(tmp_path / "data") as hub:
        after = replace(_entry(hub).charger, forecast=None)
        assert (after, _entry(hub).brain) == (replace(before, forecast=None), state)
        board.url = hub.device_url
        board.relay, board.state, board.why = 0, "off", "order"
        await board.report(0.0)
        ended = _entry(hub).charger.session
        assert ended is not None
        assert (ended.id, ended.end_reason) == (2, "switched_off")


async def test_a_session_that_the_readings_do_not_know_is_closed_at_start(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """Only a changed brain can leave one behind."""
    async with running_hub(tmp_path / "data") as hub:
        board = await _board(hub, http)
        await board.report(0.0)
        entry = _entry(hub)
        await _charge(board, 10, end=True)
        known = entry.charger.session
        assert known is not None
        ghost = replace(
            known, id=0, end_ms=None, end_reason=None, start_ms=known.start_ms + 1
        )
        await hub.hub.context.store.chargers.deliver(
            Delivery(
                charger_pk=entry.pk,
                conversation=entry.conversation,
                sessions=(SessionRecord(session=ghost),),
            )
        )
    for _ in range(2):
        async with running_hub(tmp_path / "data") as hub:
            session = _entry(hub).charger.session
            assert session is not None
            assert (session.id, session.end_reason) == (2, "power_lost")
            assert session.end_ms is not None
            assert _entry(hub).charger.state == "full"


async def test_a_session_that_nobody_stored_is_found_again_at_start(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """The readings are the truth."""
    async with running_hub(tmp_path / "data") as hub:
        board = await _board(hub, http)
        await _charge(board, 10)
        before = _entry(hub).charger

        def forget(connection: Any) -> None:
            connection.exec_driver_sql("DELETE FROM session")

        await hub.hub.context.store._writer.run(forget)
    async with running_hub(tmp_path / "data") as hub:
        session = _entry(hub).charger.session
        assert session is not None
        assert before.session is not None
        assert replace(session, id=before.session.id) == before.session


async def test_a_long_past_is_replayed_only_in_part(
    tmp_path: Path, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start must not take for ever."""
    async with running_hub(tmp_path / "data") as hub:
        board = await _board(hub, http)
        await _charge(board, 2, end=True)
        await _charge(board, 15)
    monkeypatch.setattr(rebuilding, "REPLAYED", 20)
    async with running_hub(tmp_path / "data") as hub:
        assert _entry(hub).charger.state == "charging"


async def test_a_key_of_another_hubs_secret_is_named_and_does_not_stop_the_hub(
    tmp_path: Path, http: aiohttp.ClientSession, caplog: pytest.LogCaptureFixture
) -> None:
    """Somebody restored the database without the secret."""
    async with running_hub(tmp_path / "data") as hub:
        board = await _board(hub, http)
    (tmp_path / "data" / "hub.secret").unlink()
    async with running_hub(tmp_path / "data") as hub:
        assert hub.hub.context.fleet.snapshot() == []
        assert "scooter" in caplog.text
        board.url = hub.device_url
        assert (await board.report()).status == 401
        await hub.add_charger("other")
        assert [each.id for each in hub.hub.context.fleet.snapshot()] == ["other"]


async def test_what_another_process_changes_is_noticed(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """Name and settings, too, while messages go on."""
    async with running_hub(tmp_path / "data") as hub:
        await hub.add_charger("another")
        await _board(hub, http)
        events = _events(hub)
        other = await open_store(tmp_path / "data")
        await other.chargers.change(
            _entry(hub).pk, "Garage", ChargerSettings(cutoff_w=20), 5
        )
        await other.close()
        await hub.hub.refresh()
        charger = _entry(hub).charger
        assert (charger.name, charger.settings.cutoff_w, charger.settings_rev) == (
            "Garage",
            20,
            5,
        )
        assert len(events()) == 1
        await hub.hub.refresh()
        assert events() == []


async def test_a_message_of_a_charger_that_was_just_removed_is_a_strangers(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """Also before the hub has noticed."""
    async with running_hub(tmp_path / "data") as hub:
        board = await _board(hub, http)
        context = hub.hub.context
        await context.store.chargers.remove("scooter")
        assert (await board.report()).status == 401
        with pytest.raises(NotThereError):
            await context.control.order(_entry(hub), relay_on=True)
        await context.fleet.refresh()
        assert context.fleet.find("scooter") is None


async def test_only_chargers_that_were_online_are_called_offline(
    hub: RunningHub, board: S1Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each once, after three of the intervals that it was told, at least three minutes."""
    fleet = hub.hub.context.fleet
    await hub.add_charger("silent")
    await board.report()
    await hub.add_charger("more")
    events, now_ms = _events(hub), fleet._now_ms()
    for later_s, told in ((0, 0), (179, 0), (182, 1), (500, 0)):
        monkeypatch.setattr(
            fleet, "_now_ms", lambda later_s=later_s: now_ms + later_s * 1000
        )
        fleet.watch()
        assert len(events()) == told
    assert not _entry(hub).charger.online
    _entry(hub).conversation = replace(_entry(hub).conversation, interval_s=900)
    monkeypatch.setattr(fleet, "_now_ms", lambda: now_ms + 2_699_000)
    assert fleet.is_online(_entry(hub).conversation)


# --- orders across a restart -----------------------------------------------------------------------------------------


async def test_an_order_that_waits_is_still_waited_for_after_a_restart(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """But "on" only for as long as it would have been."""
    data = tmp_path / "data"
    async with running_hub(data) as hub:
        board = await _board(hub, http)
        await board.report()
        order = await hub.hub.context.control.order(_entry(hub), relay_on=True)
    async with running_hub(data) as hub:
        assert _entry(hub).charger.order == order
        board.url = hub.device_url
        reply = await board.report()
        assert reply.json is not None
        assert (reply.json["relay"], reply.json["order"]) == (1, order.id)
    async with running_hub(data, order_s=0.1) as hub:
        await until(lambda: not _entry(hub).charger.desired_on)
        withdrawn = _entry(hub).charger.order
        assert withdrawn is not None
        assert (withdrawn.state, withdrawn.reason) == ("expired", "timeout")
        board.url = hub.device_url
        reply = await board.report()
        assert reply.json is not None
        assert reply.json["relay"] == 0


async def test_ids_of_orders_rise_above_what_a_board_has_seen(
    hub: RunningHub, board: S1Device
) -> None:
    """Also after the hub's database came from an old backup."""
    board.order = 41
    await board.report()
    first = await hub.hub.context.control.order(_entry(hub), relay_on=True)
    assert first.id == 42
    await hub.add_charger("other")
    second = await hub.hub.context.control.order(_entry(hub, "other"), relay_on=False)
    assert second.id == 43


async def test_a_board_that_claims_an_absurd_order_uses_up_no_ids(
    hub: RunningHub, board: S1Device
) -> None:
    """They are the whole hub's."""
    board.order = 2**31 - 1
    await board.report()
    assert (await hub.hub.context.control.order(_entry(hub), relay_on=True)).id == 1


async def test_ids_of_orders_rise_also_after_a_charger_is_removed(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """And after a restart."""
    async with running_hub(tmp_path / "data") as hub:
        await _board(hub, http)
        order = await hub.hub.context.control.order(_entry(hub), relay_on=False)
        await hub.hub.context.store.chargers.remove("scooter")
    async with running_hub(tmp_path / "data") as hub:
        await hub.add_charger("scooter")
        newer = await hub.hub.context.control.order(_entry(hub), relay_on=False)
        assert newer.id > order.id


async def test_an_order_cannot_be_withdrawn_while_the_disk_is_full_but_afterwards(
    tmp_path: Path, http: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is tried again; when the charger is gone it is not."""
    async with running_hub(tmp_path / "data", order_s=0.1) as hub:
        board = await _board(hub, http)
        await board.report()
        context = hub.hub.context
        deliver, refused = context.store.chargers.deliver, 0

        async def full(delivery: Any) -> Any:
            nonlocal refused
            if all(order.state == "pending" for order in delivery.orders):
                return await deliver(delivery)
            refused += 1
            raise UnavailableError

        with monkeypatch.context() as broken:
            broken.setattr(context.store.chargers, "deliver", full)
            order = await context.control.order(_entry(hub), relay_on=True)
            await until(lambda: refused == 2)
            assert _entry(hub).charger.order == order
        await until(lambda: _entry(hub).charger.order != order)
        settled = _entry(hub).charger.order
        assert settled is not None
        assert settled.state == "expired"
        last = await context.control.order(_entry(hub), relay_on=True)
        waiting = _entry(hub).settled[last.id]
        await context.store.chargers.remove("scooter")
        assert (await asyncio.wait_for(waiting, 60)).state == "expired"


async def test_waiting_for_an_order_that_nobody_settles_ends(
    hub: RunningHub, board: S1Device
) -> None:
    """A second later than the order itself."""
    control = hub.hub.context.control
    control._answer_s = -0.9
    unknown = Order(id=99, charger_id="scooter", relay_on=True, created_ms=0)
    assert await control.settled(_entry(hub), unknown) == unknown
    _entry(hub).settled[99] = asyncio.get_running_loop().create_future()
    assert await control.settled(_entry(hub), unknown) is None


async def test_a_board_that_comes_rarely_is_given_the_time_it_says(
    hub: RunningHub, board: S1Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not silent before three times of that, and its orders wait for it."""
    await board.send(next_s=300)
    fleet, control = hub.hub.context.fleet, hub.hub.context.control
    talk = _entry(hub).conversation
    now_ms = (talk.last_seen_ms or 0) + 899_000
    monkeypatch.setattr(fleet, "_now_ms", lambda: now_ms)
    assert fleet.is_online(talk)
    now_ms += 2_000
    assert not fleet.is_online(talk)
    order = await control.order(_entry(hub), relay_on=True)
    due_s = control._timers[order.id].when() - asyncio.get_running_loop().time()
    assert 300 < due_s < 400


async def test_an_off_that_stands_gives_way_to_a_newer_order(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """Its time was over already."""
    async with running_hub(tmp_path / "data", order_s=0.05) as hub:
        board = await _board(hub, http)
        board.relay = 1
        await board.report()
        control = hub.hub.context.control
        board.order = 99
        off = await control.order(_entry(hub), relay_on=False)
        assert await control.settled(_entry(hub), off) is None
        assert _entry(hub).charger.order == off
        on = await control.order(_entry(hub), relay_on=True)
        assert on.id > off.id
        assert _entry(hub).charger.desired_on is True


async def test_an_order_that_was_answered_is_not_withdrawn_later(
    hub: RunningHub, board: S1Device
) -> None:
    """Its time passes unnoticed."""
    await board.report()
    control = hub.hub.context.control
    order = await control.order(_entry(hub), relay_on=True)
    await board.report()
    await board.report()
    control._unanswered(_entry(hub), order)
    await asyncio.wait(control._working)
    assert _entry(hub).charger.desired_on is True


async def test_stopping_waits_for_what_was_begun(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """An order, a message: stored, then closed."""
    data = tmp_path / "data"
    async with running_hub(data) as hub:
        board = await _board(hub, http)
        context = hub.hub.context
        message = asyncio.create_task(context.ingest.s1("scooter", board.body()))
        order = asyncio.create_task(context.control.order(_entry(hub), relay_on=True))
        await asyncio.sleep(0)
    assert (await message).status == 200
    async with running_hub(data) as hub:
        assert _entry(hub).charger.order == await order
        assert _entry(hub).conversation.seq == 1


async def test_a_charger_that_vanishes_while_it_is_being_read_is_no_error(
    hub: RunningHub, board: S1Device, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Removed between two queries."""
    context = hub.hub.context
    entry = _entry(hub)

    async def keys() -> dict[int, tuple[str, int, bytes]]:
        return {entry.pk: ("renamed", 1, entry.sealed), 99: ("gone", 0, b"")}

    async def one(_: int) -> None:
        return None

    monkeypatch.setattr(context.store.chargers, "keys", keys)
    monkeypatch.setattr(context.store.chargers, "one", one)
    await context.fleet.refresh()
    assert [each.name for each in context.fleet.snapshot()] == ["scooter"]


async def test_a_charger_that_was_forgotten_is_not_heard_of_again(
    hub: RunningHub, board: S1Device
) -> None:
    """Whatever was still being worked out for it."""
    entry, events = _entry(hub), _events(hub)
    hub.hub.context.fleet._forget(entry.pk)
    hub.hub.context.fleet.update(entry, replace(entry.charger, name="x"))
    assert len(events()) == 1


def _events(hub: RunningHub) -> Any:
    listener = hub.hub.context.bus.listen(asyncio.Event())

    def take() -> list[Event]:
        events = []
        while (event := listener.next()) is not None:
            events.append(event)
        return events

    return take

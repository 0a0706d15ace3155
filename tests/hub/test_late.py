"""Readings that come late give what they would have given in time."""

import asyncio
from math import exp
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import pytest

from kickwatt_hub.bus import SessionCorrected, SessionEnded, SessionStarted
from kickwatt_hub.model import LegacyFormat, Position, Reading
from tests.support.hub_process import RunningHub, running_hub

from .test_legacy import Device, _row

FORM = LegacyFormat(power_factor=0.5)


def _curve(minute: int) -> float:
    """Two charges with their tails, each half an hour of constant current, and a pause between them; in VA."""
    minute %= 300
    if minute < 10:
        return 2.0
    return 2.0 + (180.0 if minute < 60 else 180.0 * exp((60 - minute) / 20.0))


def _rows(minutes: int, until_ago_s: int = 0) -> list[dict[str, Any]]:
    return [
        _row(
            (minutes - minute) * 60 + until_ago_s,
            volt=2000,
            amper=round(_curve(minute) * 5),
        )
        for minute in range(minutes)
    ]


async def _facts(hub: RunningHub, charger_id: str) -> dict[str, Any]:
    """Return everything that is derived from readings."""
    context = hub.hub.context
    entry = context.fleet.find(charger_id)
    assert entry is not None
    sessions = await context.store.history.sessions(entry.pk, 0, 2**60, 100)
    decisions = await context.store.insights.decisions(entry.pk, 0, 2**60, 1000)
    return {
        "sessions": [
            (each.start_ms, each.end_ms, each.energy_wh, each.end_reason)
            for each in sessions
        ],
        "decisions": sorted(
            (each.decision.at_ms, each.decision.what, each.decision.rule)
            for each in decisions
        ),
        "brain": entry.brain,
        "energy": entry.energy,
        "lessons": await context.store.insights.lessons(entry.pk, 2**60),
        "phase": (entry.charger.phase, entry.charger.charge_phase),
        "session": entry.charger.session and entry.charger.session.start_ms,
    }


@pytest.mark.parametrize("seed", range(3))
async def test_any_order_of_arrival_gives_the_same_and_so_does_a_restart(
    tmp_path: Path, http: aiohttp.ClientSession, seed: int
) -> None:
    """Sessions, energy, decisions, what was learned and the whole state, exactly."""
    random = Random(seed)
    rows = _rows(560)
    shuffled = list(rows)
    random.shuffle(shuffled)
    async with running_hub(tmp_path / "data") as hub:
        keys = [
            await hub.add_charger(name, kind="legacy", legacy=FORM)
            for name in ("intime", "late")
        ]
        in_time, late = (Device(hub, key, http) for key in keys)
        assert (await in_time.post(*rows))[0] == 204
        while shuffled:
            size = random.randint(20, 200)
            assert (await late.post(*shuffled[:size]))[0] == 204
            shuffled = shuffled[size:]
        expected = await _facts(hub, "intime")
        assert len(expected["sessions"]) == 2
        assert len(expected["lessons"]) >= 1
        assert await _facts(hub, "late") == expected
    async with running_hub(tmp_path / "data") as hub:
        assert await _facts(hub, "late") == expected
        assert await _facts(hub, "intime") == expected


async def test_a_late_row_corrects_the_session_and_says_so(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """The hour in the middle comes last: its energy is missing until then, and the id stays."""
    device = Device(hub, await hub.add_charger("old", kind="legacy", legacy=FORM), http)
    rows = _rows(290)
    heard: list[Any] = []
    listener = hub.hub.context.bus.listen(asyncio.Event())
    await device.post(*rows[:20], *rows[50:])
    before = (await _facts(hub, "old"))["sessions"]
    await device.post(*rows[20:50])
    while (event := listener.next()) is not None:
        heard.append(event.what)
    (after,) = (await _facts(hub, "old"))["sessions"]
    assert before[0][2] < after[2] - 30
    edges = [type(each) for each in heard if hasattr(each, "session")]
    assert edges == [SessionStarted, SessionEnded, SessionCorrected]
    corrected = heard[-1] if isinstance(heard[-1], SessionCorrected) else heard[-2]
    assert (corrected.removed, corrected.session.energy_wh) == (False, after[2])
    assert corrected.session.id == next(
        each.session.id for each in heard if isinstance(each, SessionEnded)
    )


async def test_a_charge_that_never_was_is_taken_back(
    hub: RunningHub, http: aiohttp.ClientSession
) -> None:
    """Two rows of a lamp looked like a charge, until the rows between them came."""
    device = Device(hub, await hub.add_charger("old", kind="legacy", legacy=FORM), http)
    dark = [_row(3600 - n * 60, volt=2000, amper=5) for n in range(60)]
    lit = [_row(3600 - n * 60, volt=2000, amper=900) for n in (10, 12, 14)]
    await device.post(dark[0], *lit)
    assert len((await _facts(hub, "old"))["sessions"]) == 1
    listener = hub.hub.context.bus.listen(asyncio.Event())
    await device.post(dark[11], dark[13], *dark[15:])
    facts = await _facts(hub, "old")
    assert (facts["sessions"], facts["session"]) == ([], None)
    removed = []
    while (event := listener.next()) is not None:
        if isinstance(event.what, SessionCorrected):
            removed.append(event.what.removed)
    assert removed == [True]


async def test_readings_that_another_program_stored_are_taken_in(
    tmp_path: Path, http: aiohttp.ClientSession
) -> None:
    """An import says from when on; a running hub notices, and one that was not running at its start."""
    rows = _rows(290)
    async with running_hub(tmp_path / "data") as hub:
        device = Device(
            hub, await hub.add_charger("old", kind="legacy", legacy=FORM), http
        )
        await device.post(rows[0])
        context = hub.hub.context
        entry = context.fleet.find("old")
        assert entry is not None
        first_ms = entry.charger.reading.time_ms if entry.charger.reading else 0
        imported = [
            Reading(
                position=Position(0, 1000 + minute),
                time_ms=first_ms + minute * 60_000,
                relay_on=None,
                voltage_v=200.0,
                current_a=_curve(minute) / 200,
                power_w=None,
                power_factor=None,
                meter_wh=None,
            )
            for minute in range(1, 280)
        ]
        await context.store.chargers.add_readings(entry.pk, tuple(imported[100:]))
        await context.store.chargers.add_readings(entry.pk, tuple(imported[:100]))
        await hub.hub.corrections.catch_up()
        facts = await _facts(hub, "old")
        assert len(facts["sessions"]) == 1
        assert await context.store.insights.stale() == {}
        await context.store.insights.mark_stale(entry.pk, 0)
    async with running_hub(tmp_path / "data") as hub:
        assert await hub.hub.context.store.insights.stale() == {}
        assert await _facts(hub, "old") == facts

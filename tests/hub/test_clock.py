"""The hub's own clock is set: an hour forward, an hour back. What boards have measured stays what it is."""

from pathlib import Path

import pytest

from kickwatt_hub import app
from tests.support.hub_process import RunningHub, running_hub
from tests.support.s1_device import S1Device

START_MS = 1_760_000_000_000
HOUR_MS = 3_600_000


class Clock:
    """A wall clock that can be set."""

    def __init__(self) -> None:
        """It shows some day of 2025."""
        self.ms = START_MS

    def __call__(self) -> int:
        """Return Unix milliseconds."""
        return self.ms


async def _charge(
    hub: RunningHub, board: S1Device, clock: Clock, messages: int
) -> None:
    """Charge with 90 W, a message every 30 s; every third is repeated."""
    for index in range(messages):
        clock.ms += 30_000
        board.up += 30
        board.energy_wh += 1
        board.measure(90.0)
        body = board.body()
        reply = await board.post(body)
        assert reply.status == 200
        if index % 3 == 0:
            assert (await board.post(body)).body == reply.body
        board.obey(reply)
        assert not board.queue


@pytest.mark.parametrize("step_ms", [HOUR_MS, -HOUR_MS])
async def test_a_clock_that_is_set_loses_and_doubles_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_ms: int
) -> None:
    """Samples, energy and what the board is told; the charge goes on, and so does the hub after a restart."""
    clock = Clock()
    monkeypatch.setattr(app, "now_ms", clock)
    async with running_hub(tmp_path / "data") as hub:
        key = await hub.add_charger("scooter")
        async with S1Device(hub.device_url, "scooter", key) as board:
            board.relay, board.why, board.state = 1, "button", "charging"
            await _charge(hub, board, clock, 40)
            clock.ms += step_ms
            await _charge(hub, board, clock, 40)
            clock.ms -= step_ms
            await _charge(hub, board, clock, 40)
        await _check(hub)
    async with running_hub(tmp_path / "data") as hub:
        await _check(hub)


async def _check(hub: RunningHub) -> None:
    context = hub.hub.context
    entry = context.fleet.find("scooter")
    assert entry is not None
    stored = await context.store.history.replay(entry.pk, None, 1_000)
    assert [each.position.number for each in stored] == list(range(1, 121))
    assert [each.meter_wh for each in stored] == list(range(1, 121))
    assert [each.energy_wh for each in stored] == list(range(1, 121))
    charger = entry.charger
    assert (charger.online, charger.state) == (True, "charging")
    assert charger.session is not None
    assert charger.session.end_ms is None
    sessions = await context.store.history.sessions(entry.pk, 0, 2**60, 100)
    assert sum(session.end_ms is None for session in sessions) == 1

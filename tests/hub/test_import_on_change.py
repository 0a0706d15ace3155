"""A plug that reports only when something changes: its recording becomes the charge that it saw."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from kickwatt_hub.charging.csvfile import Row
from kickwatt_hub.charging.onchange import ON_CHANGE_S, said_again
from kickwatt_sim.charges import Charge, charge, outlet
from tests.support.hub_process import running_hub

from .test_cli_data import _import, data

__all__ = ["data"]  # a fixture

MONDAY_S = datetime(2026, 11, 23, 8, tzinfo=UTC).timestamp()


def _recorded(seed: int) -> Charge:
    return charge(
        seed,
        of=outlet(347, on_change=True),
        fault="none",
        start_soc=0.2,
        health=1.0,
        temperature_c=22.0,
    )


def _csv(made: Charge) -> str:
    lines = [
        f"{datetime.fromtimestamp(MONDAY_S + row.time_s, UTC).isoformat()},{row.power_w}"
        for row in made.rows
    ]
    return "\n".join(("time,power_w", *lines)) + "\n"


@pytest.mark.parametrize("seed", [11, 12])
async def test_the_charge_in_it_has_its_energy_and_its_end(
    data: Path, tmp_path: Path, seed: int
) -> None:
    """Most of it is silence: the plateau, and the rest after the charge."""
    made = _recorded(seed)
    _import(data, tmp_path, text=_csv(made))
    assert "Imported 0 readings" in _import(data, tmp_path, text=_csv(made))
    async with running_hub(data) as hub:
        context = hub.hub.context
        entry = context.fleet.find("scooter")
        assert entry is not None
        (session,) = await context.store.history.sessions(entry.pk, 0, 2**60, 10)
    assert session.end_reason == "full"
    assert session.energy_wh == pytest.approx(made.energy_wh, rel=0.03)
    assert session.end_ms is not None
    late_s = session.end_ms / 1000 - MONDAY_S - made.end_s
    assert -1800 < late_s < 900


def test_a_silence_is_put_into_words_for_half_an_hour_and_never_after_the_end() -> None:
    rows = [Row(0.0, 90.0), Row(150.0, 80.0), Row(150.0 + 2 * ON_CHANGE_S, 1.0)]
    again = list(said_again(rows))
    assert [each.time_s for each in again[:4]] == [0.0, 60.0, 120.0, 150.0]
    assert [each.power_w for each in again[:4]] == [90.0, 90.0, 90.0, 80.0]
    said = [each for each in again if each not in rows and each.power_w == 80.0]
    assert said[-1].time_s == 150.0 + ON_CHANGE_S - 60
    assert again[-1] == rows[-1]

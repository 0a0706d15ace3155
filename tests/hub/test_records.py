"""A hundred thousand records with repeats, reordering and reboots. `python -m benchmarks hub.records` takes a million."""

from tests.support.hub_process import RunningHub
from tests.support.records import deliver


async def test_what_is_stored_is_what_was_measured(hub: RunningHub) -> None:
    """As a set, and each once."""
    outcome = await deliver(hub, 100_000, boards=50, seed=1)
    assert len(outcome.stored) == len(set(outcome.stored))
    assert set(outcome.stored) == outcome.measured
    assert outcome.repeated > outcome.messages / 5
    assert outcome.late > 100
    assert outcome.reboots > 20

"""A hub of its own for a benchmark: the real program on a data folder that is filled before it starts."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kickwatt_hub import onboarding
from kickwatt_hub.model import Kind, LegacyFormat
from kickwatt_hub.security.secret import load_secret
from kickwatt_hub.store import Store
from tests.support.hub_process import HubProcess

from . import machine

ABSENT = Path(__file__).with_name("absent")


@contextmanager
def running(data: Path) -> Iterator[HubProcess]:
    """Run a hub on the server's core, with the packages that the app's image has."""
    hub = HubProcess(data, environment={"PYTHONPATH": str(ABSENT)})
    with machine.on_cpu(machine.SERVER_CPU):
        hub.start()
    try:
        yield hub
    finally:
        hub.kill()  # its data are thrown away


def add_chargers(data: Path, count: int, kind: Kind = Kind.s1) -> dict[str, str]:
    """Add so many chargers to a data folder whose hub is not running; return their keys by id."""
    return asyncio.run(_add_chargers(data, count, kind))


async def _add_chargers(data: Path, count: int, kind: Kind) -> dict[str, str]:
    store = await Store.open(data)
    secret = load_secret(data)
    try:
        added = await asyncio.gather(
            *(
                onboarding.add_charger(
                    store,
                    secret,
                    charger_id=f"charger-{index}",
                    name=None,
                    kind=kind,
                    simulated=False,
                    legacy=LegacyFormat(),
                )
                for index in range(count)
            )
        )
    finally:
        await store.close()
    return {each.id: each.key for each in added}

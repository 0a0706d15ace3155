"""What is in a data folder, read without a hub."""

from pathlib import Path

from kickwatt_hub.model import Reading
from tests.support.engine import open_store

ALWAYS = (-(2**60), 2**60)


async def stored_readings(data: Path, charger_id: str) -> list[Reading]:
    """Return all readings of a charger by time."""
    store = await open_store(data)
    try:
        (pk,) = [
            each.pk for each in await store.chargers.all() if each.id == charger_id
        ]
        return (await store.history.readings(pk, *ALWAYS, 10**9))[0]
    finally:
        await store.close()

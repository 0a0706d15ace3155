"""Years of readings, written straight into a store: as chunks, like those that a hub has packed long ago.

A few courses are packed, and each stands for many chargers: the bytes are those of real readings, and ten million are
there in seconds.
"""

from collections.abc import Iterable, Sequence
from itertools import batched
from pathlib import Path
from random import Random

import msgspec
import sqlalchemy as sa

from kickwatt_hub.model import Position, Reading
from kickwatt_hub.store.chunks import Chunk, pack
from kickwatt_hub.store.schema import chunk

COURSES = 20


def course(
    count: int, end_ms: int, step_s: int, seed: int, first_number: int = 1
) -> list[Reading]:
    """Return a random walk of current and voltage, which ends at `end_ms`; a thousandth of the readings is idle."""
    random = Random(seed)
    voltage_dv, current_ma, readings = 2300, 700, []
    for n in range(count):
        voltage_dv = min(2500, max(2100, voltage_dv + random.randint(-3, 3)))
        current_ma = min(2000, max(100, current_ma + random.randint(-20, 20)))
        power_dw = voltage_dv * current_ma * 56 // 100_000
        readings.append(
            Reading(
                position=Position(1, first_number + n),
                time_ms=end_ms
                - (count - 1 - n) * step_s * 1000
                - random.randrange(1000),
                relay_on=True,
                voltage_v=voltage_dv / 10,
                current_a=current_ma / 1000,
                power_w=power_dw / 10,
                power_factor=0.56,
                meter_wh=first_number + n,
                energy_wh=float(first_number + n),
            )
        )
    return readings


def chunks_for(pks: Sequence[int], courses: Sequence[list[Reading]]) -> Iterable[Chunk]:
    """Yield the chunks of all these chargers, which share the courses among them."""
    packed = [list(pack(0, each)) for each in courses]
    for index, pk in enumerate(pks):
        for each in packed[index % len(packed)]:
            yield msgspec.structs.replace(each, charger_pk=pk)


def insert(database: Path, chunks: Iterable[Chunk]) -> None:
    """Write chunks into a database that nobody uses now."""
    engine = sa.create_engine(f"sqlite:///{database}", poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for some in batched(chunks, 1000, strict=False):
            connection.execute(
                sa.insert(chunk), [msgspec.structs.asdict(each) for each in some]
            )

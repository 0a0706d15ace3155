"""`kickwatt-hub import`: what another plug has recorded, as readings of a charger."""

from collections.abc import Sequence
from itertools import batched
from math import isfinite
from pathlib import Path

import click

from ..charging.csvfile import CsvError, Row, parse, text
from ..charging.onchange import reports_on_change, said_again
from ..model import Position, Reading
from ..security.secret import HubSecret
from ..store import NotThereError, Store
from .common import DATA, Refused, with_store
from .lazy import LazyGroup
from .progress import progress

IMPORTED_BOOT = -1
"""Imported readings come before all boots of a board, numbered by their time: the same file again changes nothing."""
TOGETHER = 2_000  # readings in one commit
CALENDAR_S = 100_000_000  # earlier times than this of 1973 only count seconds
_MEANINGS = ("time", "power_w", "voltage_v", "current_a")


def _mapping(_context: object, _parameter: object, given: str | None) -> dict[str, str]:
    """Read `time=Zeit,power_w=Leistung (W)`."""
    columns: dict[str, str] = {}
    for each in (given or "").split(",") if given else ():
        meaning, sign, name = each.partition("=")
        if meaning.strip() not in _MEANINGS or not sign or not name.strip():
            raise click.BadParameter(
                f"{each!r} is not like power_w=COLUMN; there are {', '.join(_MEANINGS)}."
            )
        columns[name.strip()] = meaning.strip()
    return columns


class _Recordings(LazyGroup):
    """A file needs no word before it: `import FILE.csv` is `import recording FILE.csv`."""

    usual = "recording"

    def parse_args(self, context: click.Context, args: list[str]) -> list[str]:
        """Put in the word that was left out."""
        if args and args[0] not in (*self.list_commands(context), "--help"):
            args = [self.usual, *args]
        return super().parse_args(context, args)


@click.group(
    "import",
    cls=_Recordings,
    there={"silesia": "kickwatt_hub.cli.silesia:import_silesia"},
)
def import_() -> None:
    """What others have recorded: readings of a plug (FILE.csv), or all that another system knows."""


@import_.command("recording")
@click.argument(
    "recording",
    metavar="FILE.csv",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--charger", "charger_id", required=True, metavar="ID", help="Whose readings."
)
@click.option(
    "--map",
    "mapping",
    callback=_mapping,
    metavar="time=COLUMN,power_w=COLUMN,…",
    help="Which column is what, where their names do not tell.",
)
@DATA
def import_recording(
    recording: Path, charger_id: str, mapping: dict[str, str], data: Path | None
) -> None:
    """Take over what a smart plug has recorded: a CSV file with a time on the calendar and a power.

    Names of columns, separators and dates of the usual programs are understood. The same file again changes nothing. A
    hub that runs meanwhile finds the charges in it by itself. Where a plug reports only when something changes, its
    silence is taken over as well: the last reading again, every minute.
    """
    rows = _read(recording, mapping)
    if reports_on_change(rows):
        rows = tuple(said_again(rows))
    readings = [_reading(row) for row in rows]

    async def work(store: Store, _secret: HubSecret) -> int:
        pk = next(
            (e.pk for e in await store.chargers.all() if e.id == charger_id), None
        )
        if pk is None:
            raise NotThereError(f"There is no charger {charger_id}.")
        stored = 0
        with progress(len(readings), "readings") as step:
            for some in batched(readings, TOGETHER, strict=False):
                times = [each.time_ms for each in some]
                known = {e.time_ms for e in await store.history.known(pk, times)}
                new = tuple(each for each in some if each.time_ms not in known)
                if new:
                    await store.chargers.add_readings(pk, new)
                stored += len(new)
                step(len(some))
        return stored

    stored = with_store(data, work)
    there = len(readings) - stored
    click.echo(
        f"Imported {stored} readings into {charger_id}"
        + (f"; of {there} instants there are readings already." if there else ".")
    )


def _read(path: Path, mapping: dict[str, str]) -> Sequence[Row]:
    try:
        lines = text(path.read_bytes()).splitlines(keepends=True)
        rows = parse(_renamed(lines, mapping) if mapping else lines)
    except CsvError as error:
        raise Refused(f"{path}: {error}") from None
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    if rows[0].time_s < CALENDAR_S:
        raise Refused(f"{path}: its times count seconds, and nobody knows from when")
    return rows


def _renamed(lines: list[str], mapping: dict[str, str]) -> list[str]:
    """Give the columns of the first line the names that they are known by; others must not be mistaken for them."""
    header, *rest = lines or [""]
    separator = next((each for each in ";\t|" if each in header), ",")
    names = [each.strip().strip('"\ufeff') for each in header.split(separator)]
    for name in mapping:
        if name not in names:
            raise CsvError(f"There is no column {name}; there are {', '.join(names)}.")
    renamed = [mapping.get(name, f"other_{at}") for at, name in enumerate(names)]
    return [separator.join(renamed) + "\n", *rest]


def _reading(row: Row) -> Reading:
    time_ms = round(row.time_s * 1000)
    power_w = row.power_w if isfinite(row.power_w) else None
    return Reading(
        position=Position(IMPORTED_BOOT, time_ms),
        time_ms=time_ms,
        relay_on=None,
        voltage_v=row.voltage_v,
        current_a=row.current_a,
        power_w=None if row.apparent else power_w,
        power_factor=None,
        meter_wh=None,
    )

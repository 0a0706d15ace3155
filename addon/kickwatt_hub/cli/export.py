"""`kickwatt-hub export`: what was measured and charged, for spreadsheets and other programs."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, contextmanager
import csv
from datetime import UTC, datetime
import io
import json
import os
from pathlib import Path
import sys
from typing import Any, BinaryIO, Protocol

import click

from .. import tables
from ..security.secret import HubSecret
from ..store import NotThereError, Store
from ..store.standing import StoredCharger
from . import meter_rows
from .common import DATA, Refused, with_store
from .progress import progress

EVER_MS = (-(2**53), 2**53)


class Format(Protocol):
    """Writes rows of some columns."""

    def __call__(
        self, file: BinaryIO, columns: dict[str, type]
    ) -> AbstractContextManager[Callable[[list[tables.Row]], None]]:
        """Begin a file, and return what writes the next rows."""


def _moment(_context: object, _parameter: object, given: str | None) -> int | None:
    """Read a date, with a time or without; without a zone it is UTC."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise click.BadParameter(
            f"{given!r} is no date such as 2026-11-25 or 2026-11-25T08:00:00+01:00."
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


@click.command("export")
@click.argument("what", type=click.Choice(["readings", "sessions", "meters"]))
@click.option(
    "--charger",
    "ids",
    multiple=True,
    metavar="ID",
    help="Only this one; several. [default: all]",
)
@click.option(
    "--meter",
    "meters",
    type=int,
    multiple=True,
    metavar="ID",
    help="Of meters only this one; several. [default: all]",
)
@click.option("--start", callback=_moment, help="Not before this date.")
@click.option("--end", callback=_moment, help="Before this date.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["csv", "json", "parquet"]),
    default="csv",
    show_default=True,
    help="json is one object a line; parquet needs the extra `parquet`.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write to this file. [default: standard output]",
)
@DATA
def export(
    what: str,
    ids: tuple[str, ...],
    meters: tuple[int, ...],
    start: int | None,
    end: int | None,
    kind: str,
    output: Path | None,
    data: Path | None,
) -> None:
    """Write readings or sessions of chargers, or readings of meters, oldest first; also while the hub runs."""
    if output is None and kind == "parquet":
        raise Refused("Parquet is no text: name a file with --output")
    span = (EVER_MS[0] if start is None else start, EVER_MS[1] if end is None else end)
    write, (columns, ask) = _FORMATS[kind], _KINDS[what]

    async def work(store: Store, _secret: HubSecret) -> int:
        chosen: list[tuple[Any, ...]] = (
            [(each,) for each in await meter_rows.chosen(store, meters)]
            if what == "meters"
            else [
                (each.id, each.pk) for each in _chosen(await store.chargers.all(), ids)
            ]
        )
        of = "meters" if what == "meters" else "chargers"
        count = 0
        with (
            _file(output) as file,
            write(file, columns) as put,
            progress(len(chosen), of) as step,
        ):
            for each in chosen:
                async for rows in ask(store, *each, span):
                    put(rows)
                    count += len(rows)
                step(1)
        return count

    try:
        count = with_store(data, work)
    except OSError as error:
        raise Refused(f"{output}: {error.strerror}") from None
    if output is not None:
        written = "readings" if what == "meters" else what
        click.echo(f"Wrote {count} {written} to {output}.")


def _chosen(
    chargers: Sequence[StoredCharger], ids: Iterable[str]
) -> Sequence[StoredCharger]:
    known = {each.id: each for each in chargers}
    for each in ids:
        if each not in known:
            raise NotThereError(f"There is no charger {each}.")
    return [known[each] for each in ids] or chargers


@contextmanager
def _file(path: Path | None) -> Any:
    """Open what is written to; a file appears only once it is whole."""
    if path is None:
        yield sys.stdout.buffer
        return
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def _csv(file: BinaryIO, columns: dict[str, type]) -> Any:
    text = io.TextIOWrapper(file, "utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator=os.linesep)
    writer.writerow(columns)
    yield lambda rows: writer.writerows(
        [tables.text(each) for each in row] for row in rows
    )
    text.flush()
    text.detach()


@contextmanager
def _json(file: BinaryIO, columns: dict[str, type]) -> Any:
    def put(rows: list[tables.Row]) -> None:
        for row in rows:
            shown = [tables.text(v) if isinstance(v, datetime) else v for v in row]
            line = json.dumps(dict(zip(columns, shown, strict=True)))
            file.write(line.encode() + b"\n")

    yield put
    file.flush()


@contextmanager
def _parquet(file: BinaryIO, columns: dict[str, type]) -> Any:
    try:
        import pyarrow as pa  # noqa: PLC0415 -- an extra
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError:
        raise Refused(
            "Parquet needs the extra `parquet`: pip install 'kickwatt[parquet]'"
        ) from None
    types = {
        str: pa.string(),
        datetime: pa.timestamp("ms", tz="UTC"),
        bool: pa.bool_(),
        float: pa.float64(),
        int: pa.int64(),
    }
    schema = pa.schema([(name, types[kind]) for name, kind in columns.items()])
    with pq.ParquetWriter(file, schema) as writer:

        def put(rows: list[tables.Row]) -> None:
            names = dict.fromkeys(columns)
            shown = [dict(zip(names, row, strict=True)) for row in rows]
            if shown:
                writer.write_table(pa.Table.from_pylist(shown, schema))

        yield put


_KINDS: dict[str, tuple[tables.Columns, Callable[..., tables.Pages]]] = {
    "readings": (tables.READING_COLUMNS, tables.readings),
    "sessions": (tables.SESSION_COLUMNS, tables.sessions),
    "meters": (meter_rows.COLUMNS, meter_rows.rows),
}
_FORMATS: dict[str, Format] = {"csv": _csv, "json": _json, "parquet": _parquet}

"""`kickwatt-hub backup`, `check`, `charger keep`: that nothing is lost, what is there is right, and how long it stays."""

from contextlib import closing
import os
from pathlib import Path
import sqlite3
import tarfile
import tempfile

import click

from .. import settings
from ..security.secret import SECRET_FILE, HubSecret, load_secret
from ..store import Store
from ..store.checkup import Found
from ..store.engines import FILE
from .common import DATA, DATABASE, Refused, with_store
from .progress import progress


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@DATA
def backup(file: Path, data: Path | None) -> None:
    """Write database and secret into one tar FILE, as of one moment; the hub may run meanwhile.

    To restore it, unpack it into an empty data folder: tar xf FILE -C FOLDER.
    """
    if os.environ.get(DATABASE):
        raise Refused("A PostgreSQL database is backed up with pg_dump")
    folder = settings.data_folder(data)
    if not (folder / FILE).exists():
        raise Refused(f"There is no database in {folder}")
    load_secret(folder)
    part = file.with_name(f"{file.name}.part")
    try:
        with tempfile.TemporaryDirectory(dir=file.parent) as scratch:
            copy = Path(scratch) / FILE
            _copy(folder / FILE, copy)
            with (
                os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT, 0o600), "wb") as raw,
                tarfile.open(fileobj=raw, mode="w") as archive,
            ):
                for each in (copy, folder / SECRET_FILE):
                    archive.add(each, each.name, filter=_anonymous)
        part.replace(file)
    except OSError as error:
        raise Refused(f"{file}: {error.strerror or error}") from None
    except sqlite3.Error as error:
        raise Refused(f"The database cannot be read: {error}") from None
    finally:
        part.unlink(missing_ok=True)
    click.echo(f"Wrote {file}. Keep it to yourself: with it, anybody can be your hub.")


def _copy(source: Path, target: Path) -> None:
    """Copy a database that others may be writing to."""
    with (
        closing(sqlite3.connect(source, timeout=10)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        with progress(100, "%") as step:
            done = 0

            def tell(_status: int, left: int, pages: int) -> None:
                nonlocal done
                now = 100 - 100 * left // max(1, pages)
                step(now - done)
                done = now

            old.backup(new, pages=2000, progress=tell)
        new.execute("PRAGMA journal_mode=DELETE")


def _anonymous(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mode = 0o600
    return member


@click.command("check")
@DATA
@click.pass_context
def check(context: click.Context, data: Path | None) -> None:
    """Look whether everything that is stored is in order, and put right what is derived; the hub may run meanwhile.

    Exit code 1: something is damaged that nothing can be derived from.
    """

    async def work(store: Store, _secret: HubSecret) -> tuple[int, list[Found]]:
        checkup = store.checkup
        found = await checkup.file()
        total = await checkup.chunks()
        after: int | None = 0
        with progress(total, "chunks") as step:
            while after is not None:
                some, count, after = await checkup.look(after)
                found += some
                step(count)
        found += await checkup.twice()
        found += await store.meter_checkup.look()
        return total, found + await checkup.chargers()

    total, found = with_store(data, work)
    for each in found:
        click.echo(f"{'Repaired' if each.repaired else 'Damaged'}: {each.sentence}")
    lost = sum(not each.repaired for each in found)
    click.echo(
        f"Looked at {total} chunks, the log and all chargers: "
        + (
            f"{len(found) - lost} repaired, {lost} damaged."
            if found
            else "all is well."
        )
    )
    if lost:
        context.exit(1)


def _days(_context: object, _parameter: object, given: str) -> int | None:
    """Read a number of days, or `always`."""
    if given == "always":
        return None
    if not given.isdecimal() or not 1 <= int(given[:9]) <= 100_000:
        raise click.BadParameter("Expected a number of days, or always.")
    return int(given)


@click.command("keep")
@click.argument("charger_id", metavar="ID")
@click.option(
    "--days",
    required=True,
    callback=_days,
    help="How many days, or `always`.",
)
@DATA
def charger_keep(charger_id: str, days: int | None, data: Path | None) -> None:
    """Say how long single readings are kept; minutes and quarters of an hour stay for ever."""

    async def work(store: Store, _secret: HubSecret) -> None:
        await store.chargers.keep(charger_id, days)

    with_store(data, work)
    click.echo(
        f"Readings of {charger_id} are kept "
        + ("for ever." if days is None else f"for {days} days.")
    )

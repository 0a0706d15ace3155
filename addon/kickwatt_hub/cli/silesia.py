"""`kickwatt-hub import silesia`: moving over from the energy monitoring system that Kickwatt's API is that of."""

import asyncio
from pathlib import Path
import re
import time

import click

from ..security.secret import HubSecret
from ..silesia import api, database, pgdump
from ..silesia.estate import Estate, EstateError, from_tables
from ..silesia.taking import Choices, Taking
from ..store import Store
from .common import DATA, Refused, with_store
from .progress import progress

SHOWN = 20
"""Refusals of one kind that are shown."""


@click.command("silesia")
@click.argument("source", metavar="DUMP.sql|postgresql://…|http://…")
@click.option(
    "--token",
    envvar="SILESIA_TOKEN",
    help="Of an administrator, for its API; better given as SILESIA_TOKEN.",
)
@click.option("--dry-run", is_flag=True, help="Only say what would be taken.")
@click.option(
    "--admins", is_flag=True, help="Its administrators are administrators here, too."
)
@click.option(
    "--as-it-read",
    is_flag=True,
    help="Registers as its poller really read them: all as input registers, the low word first.",
)
@DATA
def import_silesia(
    source: str,
    token: str | None,
    dry_run: bool,
    admins: bool,
    as_it_read: bool,
    data: Path | None,
) -> None:
    """Take over users, locations, hosts, meters, registers and measurements of the Silesia energy monitoring system.

    From a dump of its PostgreSQL database (pg_dump's text, gzipped or not), from the database itself, or from its API. What is here already stays
    as it is, so that it can be done again. Passwords come with the database, not with the API.
    """
    try:
        estate = _read(source, token)
    except EstateError as error:
        raise Refused(str(error)) from None
    choices = Choices(
        time.time_ns() // 1_000_000,
        dry_run,
        staff_are_admins=admins,
        as_it_read=as_it_read,
    )

    async def work(store: Store, _secret: HubSecret) -> Taking:
        with progress(len(estate), "rows") as step:
            taking = Taking(store, estate, choices, step)
            await taking.take()
        return taking

    _report(with_store(data, work), dry_run)


def _read(source: str, token: str | None) -> Estate:
    if re.match(r"postgres(ql)?://", source):
        return from_tables(database.read(source))
    if re.match(r"https?://", source):
        if token is None:
            raise Refused(
                "Its API needs an administrator's token: --token or SILESIA_TOKEN"
            )
        return asyncio.run(api.read(source, token))
    try:
        return from_tables(pgdump.read(Path(source)))
    except OSError as error:
        raise Refused(f"{source}: {error.strerror}") from None


def _report(taking: Taking, dry_run: bool) -> None:
    for label, tally in taking.tallies.items():
        taken = "would be taken" if dry_run else "taken"
        click.echo(
            f"{label}: {tally.new} {taken}, {tally.there} there already, {len(tally.refused)} refused"
        )
        for sentence in tally.refused[:SHOWN]:
            click.echo(f"  {sentence}")
        if len(tally.refused) > SHOWN:
            click.echo(f"  and {len(tally.refused) - SHOWN} more")
    for note in taking.notes:
        click.echo(note)
    click.echo(
        "Not taken: tokens (log in again), and readings, which are in its InfluxDB."
    )

"""`kickwatt-hub meter …`: adding, listing and removing energy meters."""

from pathlib import Path
import re

import click
from rich.console import Console
from rich.table import Table

from ..meters import adding
from ..meters.adding import NewMeter
from ..meters.model import INTERVAL_S, RAW_DAYS, Polling
from ..meters.models import shipped
from ..model import Scope
from ..security.secret import HubSecret
from ..store import NotThereError, Store
from ..store.management import HOST
from .common import DATA, Refused, with_store

_HOST = re.compile(r"[A-Za-z0-9._:\[\]-]{1,64}\Z")


@click.group()
def meter() -> None:
    """Energy meters on Modbus TCP."""


@meter.command("add")
@click.argument("host")
@click.option(
    "--model", required=True, help="Its kind: see `kickwatt-hub meter models`."
)
@click.option(
    "--port", type=click.IntRange(1, 65535), default=502, show_default=True, help="TCP."
)
@click.option(
    "--unit",
    type=click.IntRange(0, 255),
    default=1,
    show_default=True,
    help="Its address on the bus.",
)
@click.option("--name", help="How people call it. [default: its model]")
@click.option(
    "--interval",
    type=click.FloatRange(1, 3600),
    default=INTERVAL_S,
    show_default=True,
    help="Seconds from one reading to the next.",
)
@click.option(
    "--keep-days",
    type=click.IntRange(1, 36_500),
    default=RAW_DAYS,
    show_default=True,
    help="How long single readings are kept; means of a minute stay for ever.",
)
@click.option("--site", type=int, help="The location at which it is, by its number.")
@click.option(
    "--site-meter", is_flag=True, help="All that its location takes goes through it."
)
@click.option(
    "--measurement",
    "measurements",
    multiple=True,
    metavar="NAME",
    help="Read only this; several. [default: all that the model has]",
)
@click.option("--user", metavar="NAME", help="Whose it is. [default: the first admin]")
@DATA
def meter_add(
    *,
    host: str,
    model: str,
    port: int,
    unit: int,
    name: str | None,
    interval: float,
    keep_days: int,
    site: int | None,
    site_meter: bool,
    measurements: tuple[str, ...],
    user: str | None,
    data: Path | None,
) -> None:
    """Add the meter at HOST, a name or an address; a hub that runs asks it from now on."""
    if not _HOST.match(host):
        raise Refused("HOST must be a name or an address, without a port")
    new = NewMeter(
        host=host,
        port=port,
        unit=unit,
        model=model,
        name=name,
        site=site,
        measurements=measurements or None,
        polling=Polling(interval_s=interval, raw_days=keep_days, site_meter=site_meter),
    )

    async def work(store: Store, _secret: HubSecret) -> int:
        return await adding.add(store, new, await _owner(store, user))

    click.echo(f"Added meter {with_store(data, work)}.")


@meter.command("list")
@DATA
def meter_list(data: Path | None) -> None:
    """Show the meters."""

    async def work(store: Store, _secret: HubSecret) -> Table:
        table = Table("id", "name", "model", "where", "unit", "every", "reads", "site")
        for each in await store.meters.all():
            table.add_row(
                str(each.id),
                each.name,
                each.model,
                f"{each.host}:{each.port}",
                str(each.unit),
                f"{each.polling.interval_s:g} s",
                str(len(each.registers)),
                f"{each.location}{' (site meter)' if each.polling.site_meter else ''}",
            )
        return table

    Console(highlight=False).print(with_store(data, work))


@meter.command("remove")
@click.argument("meter_id", metavar="ID", type=int)
@DATA
def meter_remove(meter_id: int, data: Path | None) -> None:
    """Remove a meter with all that it ever measured."""

    async def work(store: Store, _secret: HubSecret) -> None:
        if await store.management.row(HOST, {"id": meter_id}) is None:
            raise NotThereError(f"There is no meter {meter_id}.")
        await store.management.remove(HOST, meter_id)

    with_store(data, work)
    click.echo(f"Removed meter {meter_id}.")


@meter.command("models")
@DATA
def meter_models(data: Path | None) -> None:
    """Show the models that a meter can have: people's own, and those that come with the hub."""

    async def work(store: Store, _secret: HubSecret) -> dict[str, str]:
        return await store.meters.titles()

    titles = {name: each.title for name, each in shipped().items()}
    for name, title in sorted((titles | with_store(data, work)).items()):
        click.echo(f"{name:16} {title}")


async def _owner(store: Store, name: str | None) -> int:
    """Return the id of a user. Raises NotThereError."""
    for each in await store.accounts.members():
        if each.user.name == name or (name is None and each.user.scope is Scope.admin):
            return each.id
    if name is None:
        raise NotThereError(
            "A meter belongs to somebody: kickwatt-hub user add NAME --admin."
        )
    raise NotThereError(f"There is no user {name}.")

"""`kickwatt-hub charger add … --vecharge`, `… release` and `… claim`: chargers behind a veCharge-style server."""

from collections.abc import Callable
from pathlib import Path

import click

from .. import onboarding
from ..security.secret import HubSecret
from ..sources.vecharge.address import AddressError, address
from ..store import Store
from .common import DATA, Refused, with_store

_OPTIONS = (
    click.option(
        "--vecharge",
        metavar="URL",
        help="It is behind a veCharge-style server at this address, such as another hub's main port.",
    ),
    click.option(
        "--token",
        envvar="KICKWATT_VECHARGE_TOKEN",
        show_envvar=True,
        help="veCharge: the server's token; better in the environment, where no process list shows it.",
    ),
    click.option("--remote-id", help="veCharge: its id there. [default: ID]"),
    click.option(
        "--engine-io",
        type=click.Choice(["3", "4"]),
        help="veCharge: what the server speaks. [default: found out]",
    ),
)


def link_options[F: Callable[..., object]](command: F) -> F:
    """Give a command the options of such a charger."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def add_link(
    data: Path | None,
    charger_id: str,
    name: str | None,
    url: str,
    token: str | None,
    remote_id: str | None,
    engine_io: str | None,
) -> None:
    """Add a charger behind a server, and say what comes next."""
    if token is None:
        raise Refused("--vecharge needs the server's token: --token, or KICKWATT_VECHARGE_TOKEN.")  # fmt: skip
    try:
        where = address(url, remote_id or charger_id, token)
    except AddressError as error:
        option = "vecharge" if error.field == "url" else error.field.replace("_", "-")
        raise Refused(f"--{option}: {error}") from None

    async def work(store: Store, secret: HubSecret) -> None:
        await onboarding.add_link(
            store,
            secret,
            charger_id=charger_id,
            name=name[:100] if name else None,
            address=where,
            engine_io=int(engine_io) if engine_io else None,
        )

    with_store(data, work)
    click.echo(f"Added charger {charger_id}, which is {where.remote_id} at {where.url}. A running hub connects now.")  # fmt: skip


@click.command("release")
@click.argument("charger_id", metavar="ID")
@DATA
def charger_release(charger_id: str, data: Path | None) -> None:
    """Switch a charger off at its veCharge-style server and let go of it, until `claim`."""
    _release(data, charger_id, released=True)
    click.echo(f"Released {charger_id}.")


@click.command("claim")
@click.argument("charger_id", metavar="ID")
@DATA
def charger_claim(charger_id: str, data: Path | None) -> None:
    """Take a released charger again."""
    _release(data, charger_id, released=False)
    click.echo(f"{charger_id} is taken again.")


def _release(data: Path | None, charger_id: str, *, released: bool) -> None:
    async def work(store: Store, _secret: HubSecret) -> None:
        await store.links.release(charger_id, released=released)

    with_store(data, work)

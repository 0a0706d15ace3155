"""`kickwatt-hub serve`."""

import asyncio
import gc
from pathlib import Path
import resource
import signal
import sys
from typing import Any

import click

from .. import settings
from ..app import Hub
from ..log import set_up_logging
from ..relay.commands import dials_out
from .common import DATA, DATABASE

# Objects that are made before it is looked for: a few hundred messages.
GARBAGE = 20_000


@click.command()
@DATA
@click.option("--host", help="Address to listen on. [default: 0.0.0.0, all of them]")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Main port. [default: 8421]"
)
@click.option(
    "--device-port", type=click.IntRange(0, 65535), help="Device port. [default: 8422]"
)
@click.option(
    "--options",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The app's options.json.",
)
@click.option(
    "--zone",
    help="Time zone of ready-by times and tariffs, such as Europe/Warsaw. [default: the machine's]",
)
@click.option(
    "--database",
    metavar="URL",
    envvar=DATABASE,
    help="A PostgreSQL database, postgresql://…; better given as KICKWATT_HUB_DATABASE, which all commands know. "
    "[default: SQLite in the data folder]",
)
@click.option(
    "--no-zeroconf", is_flag=True, help="Do not announce the hub on the local network."
)
@click.option(
    "--open-registration",
    is_flag=True,
    default=None,
    help="Let anybody make an account for energy meters of their own.",
)
@click.option(
    "--vecharge-get-disconnect",
    is_flag=True,
    default=None,
    help="Let a GET to veCharge's disconnect call switch off, as its old app needs.",
)
@click.option(
    "--simulator-control",
    metavar="[HOST:]PORT",
    help="Where `kickwatt-sim run --control` listens, for the page to show it.",
)
@dials_out
def serve(options: Path | None, no_zeroconf: bool, **flags: Any) -> None:
    """Run the hub until SIGTERM or Ctrl-C."""
    if no_zeroconf:
        flags["zeroconf"] = False
    chosen = settings.load(flags, options)
    set_up_logging(chosen.log_level)
    _allow_connections()
    asyncio.run(run(chosen))


def _allow_connections() -> None:
    """Allow as many as the system does: the usual 1,024 are few for a fleet, or for as many meters."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


async def run(chosen: settings.Settings) -> None:
    """Run a hub until it is told to stop."""
    stop = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    hub = Hub(chosen)
    await hub.start()
    try:
        click.echo(f"main port: http://{chosen.host}:{hub.main_port}")
        click.echo(f"device port: http://{chosen.host}:{hub.device_port}")
        sys.stdout.flush()
        # What is there now stays: collecting garbage need not look through a fleet of chargers again and again.
        gc.freeze()
        gc.set_threshold(GARBAGE)
        await stop.wait()
    finally:
        await hub.stop()

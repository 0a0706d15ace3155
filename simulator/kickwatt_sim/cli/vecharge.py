"""`kickwatt-sim vecharge`."""

import asyncio
from datetime import datetime
import signal

import click

from ..parameters import Duration, Start
from ..vecharge import FAULTS, Clock, Outlet, SimulatedServer


@click.command(
    epilog="Faults: " + " ".join(f"{name}: {what}" for name, what in FAULTS.items())
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 for all.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on.",
)
@click.option(
    "--eio",
    type=click.Choice(["3", "4"]),
    default="3",
    show_default=True,
    help="The revision of Engine.IO that it speaks.",
)
@click.option("--id", "charger_id", default="test", show_default=True, metavar="ID", help="The charger's id.")  # fmt: skip
@click.option(
    "--token",
    envvar="KICKWATT_VECHARGE_TOKEN",
    show_envvar=True,
    default="secret",
    show_default=True,
    help="The token that it takes.",
)
@click.option(
    "--charge",
    type=click.FloatRange(0, 1),
    default=0.45,
    show_default=True,
    help="How full the scooter is.",
)
@click.option(
    "--log",
    "log_s",
    type=Duration(),
    default="5s",
    show_default=True,
    help="How often it says newLog while the power is on, in real time.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.01),
    default=1.0,
    help="How many times as fast as real time the battery charges.",
)
@click.option(
    "--start",
    type=Start(),
    default="now",
    help="Where its clock begins: now, -24h, or an instant. It runs at --speed until it has caught up.",
)
@click.option(
    "--fault", type=click.Choice(sorted(FAULTS)), help="What is wrong with it."
)
def vecharge(
    *,
    host: str,
    port: int,
    eio: str,
    charger_id: str,
    token: str,
    charge: float,
    log_s: float,
    speed: float,
    start: datetime,
    fault: str | None,
) -> None:
    """Run a veCharge-style server of the old kind, with a scooter on its charger, until Ctrl-C.

    The first line of the output is its address. Socket.IO on /socket.io/, REST below /api/v1/charger.
    """
    server = SimulatedServer(
        Outlet(Clock(start.timestamp(), speed), charge=charge),
        revision=int(eio),
        charger_id=charger_id,
        token=token,
        log_s=log_s,
        fault=fault,
    )
    asyncio.run(_run(server, host, port))


async def _run(server: SimulatedServer, host: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        await server.start(host, port)
    except OSError as error:
        raise click.ClickException(f"cannot listen on {host}:{port}: {error.strerror}") from error  # fmt: skip
    click.echo(server.url)
    await stopped.wait()
    await server.stop()
    click.echo(f"Stopped after {server.connections} connections and {len(server.orders)} orders.")  # fmt: skip

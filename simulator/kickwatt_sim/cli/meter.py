"""`kickwatt-sim meter`."""

import asyncio
import signal

import click

from ..energy_meter import FAULTS, House, SimulatedMeter


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
    default=1502,
    show_default=True,
    help="Port to listen on; a real meter has 502, which wants root.",
)
@click.option(
    "--unit",
    type=click.IntRange(1, 247),
    default=1,
    show_default=True,
    help="Its address on the bus.",
)
@click.option("--seed", type=int, default=0, help="Which house is behind it.")
@click.option(
    "--fault", type=click.Choice(sorted(FAULTS)), help="What is wrong with it."
)
def meter(*, host: str, port: int, unit: int, seed: int, fault: str | None) -> None:
    """Run an Eastron SDM630 on Modbus TCP with a house behind it, until Ctrl-C.

    The first line of the output is where it listens. Input registers (function code 4), float32, high word first.
    """
    asyncio.run(_run(SimulatedMeter(House(seed), unit=unit, fault=fault), host, port))


async def _run(running: SimulatedMeter, host: str, port: int) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    try:
        await running.start(host, port)
    except OSError as error:
        raise click.ClickException(
            f"cannot listen on {host}:{port}: {error.strerror}"
        ) from error
    click.echo(f"{running.host}:{running.port}")
    await stopped.wait()
    await running.stop()
    click.echo(f"Stopped after {running.requests} requests.")

"""The command line of the demo."""

import asyncio
import json
from pathlib import Path
import signal
import sys

import aiohttp
import click

from . import extras, screenshots as pictures
from .demo import Demo, NotSeenError, Options
from .homeassistant import HomeAssistantError
from .parts import CommandError
from .process import PartDiedError, free_ports, port_is_free
from .progress import Progress
from .scratch import keep, scratch


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--once", is_flag=True, help="End after a whole charge; print one JSON object."
)
@click.option(
    "--screenshots", metavar="DIR", type=click.Path(path_type=Path, file_okay=False)
)
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Home Assistant's port.  [default: one that is free]",
)
@click.option(
    "--speed",
    type=click.FloatRange(1, 3600),
    default=60,
    show_default=True,
    help="How many seconds pass for the scooter in one of ours.",
)
@click.option(
    "--scenario", metavar="NAME", help="One of `kickwatt-sim scenarios`, or a file."
)
@click.option(
    "--with",
    "beside",
    metavar="NAME,…",
    callback=extras.named,
    help=f"Show also: {', '.join(extras.EXTRAS)}.",
)
def main(
    once: bool,
    screenshots: Path | None,
    port: int | None,
    speed: float,
    scenario: str | None,
    beside: tuple[str, ...],
) -> None:
    """Show how a scooter charges, in a real Home Assistant on this machine.

    Starts a hub, a simulated scooter and Home Assistant, connects them, and switches the charger on. Ctrl-C ends it.
    """
    if screenshots and not pictures.browser():
        raise click.UsageError(pictures.INSTALL)
    if port is None:
        (port,) = free_ports(1)
    elif not port_is_free(port):
        raise click.UsageError(
            f"Port {port} is in use: choose another one with --port."
        )
    options = Options(port, speed, scenario, once, screenshots, beside)
    sys.exit(asyncio.run(_run(options)))


async def _run(options: Options) -> int:
    """Run the demo until it ends, fails or is told to stop. Returns the exit code."""
    # The folder goes also when the terminal has gone and nothing can be said any more.
    with scratch("kickwatt-demo-") as folder, Progress() as progress:
        running = asyncio.ensure_future(Demo(options, folder, progress).run())
        # A second Ctrl-C cancels the orderly end: the parts are killed.
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(sign, running.cancel)
        try:
            report = await running
        except asyncio.CancelledError:
            progress.say("Stopped")
            return 1 if options.once else 0
        except BaseExceptionGroup as group:
            keep(folder)
            progress.say(_explain(group), style="red")
            progress.say(f"The logs are in {folder / 'logs'}")
            return 1
    click.echo(json.dumps(report, indent=2))
    return 0


def _explain(group: BaseExceptionGroup[BaseException]) -> str:
    """Why the demo failed: a part that died explains what did not happen because of it."""
    for kind in (
        PartDiedError,
        NotSeenError,
        HomeAssistantError,
        CommandError,
        aiohttp.ClientError,
    ):
        if causes := group.subgroup(kind):
            return str(causes.exceptions[0])
    raise group


if __name__ == "__main__":
    main()

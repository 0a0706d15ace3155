"""`kickwatt-sim fleet`."""

import asyncio
import json
from pathlib import Path
import re
import signal
import sys

import click
from rich.console import Console as Terminal
from rich.live import Live
from rich.text import Text

from ..fleet import Fleet, Plan, Tally
from ..fleet.load import read_keys
from ..parameters import Duration

_LIVE_S = 0.5
_PLAIN_S = 5.0
_SHARE = click.FloatRange(0, 1)


@click.command()
@click.argument("count", metavar="N", type=click.IntRange(min=1))
@click.option(
    "--hub",
    metavar="URL",
    required=True,
    help="The hub's device port, such as http://192.168.1.5:8422.",
)
@click.option(
    "--keys",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    metavar="FILE",
    help="What `kickwatt-hub charger add-many N` printed: a JSON object of ids and keys.",
)
@click.option(
    "--interval",
    type=Duration(),
    default="30s",
    show_default=True,
    help="How often each device sends a message.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0.01),
    metavar="PER_S",
    help="Messages per second of the whole fleet, in place of --interval.",
)
@click.option(
    "--ramp",
    type=Duration(),
    default="10s",
    show_default=True,
    help="Within how long the devices begin, one after the other.",
)
@click.option(
    "--duration", type=Duration(), default="1m", show_default=True, help="How long."
)
@click.option(
    "--batch",
    type=click.IntRange(0, 40),
    default=1,
    show_default=True,
    help="Samples per message.",
)
@click.option(
    "--keep-alive/--new-connections",
    default=False,
    help="Use connections again, or make one per message as a SIM800 does. [default: the latter]",
)
@click.option(
    "--duplicates", type=_SHARE, default=0.0, help="Share of messages sent twice."
)
@click.option(
    "--reordered",
    type=_SHARE,
    default=0.0,
    help="Share of messages that a later one overtakes.",
)
@click.option(
    "--reboots",
    type=_SHARE,
    default=0.0,
    help="Share of messages before which the device starts anew.",
)
@click.option("--seed", type=int, default=0, help="What the dice begin with.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON only.")
def fleet(
    *,
    count: int,
    hub: str,
    keys: Path,
    interval: float,
    rate: float | None,
    ramp: float,
    duration: float,
    batch: int,
    keep_alive: bool,
    duplicates: float,
    reordered: float,
    reboots: float,
    seed: int,
    as_json: bool,
) -> None:
    """Let N chargers report to a hub at once, with the firmware's own S1 code, until --duration or Ctrl-C.

    Exit code 1 when the hub broke a promise of S1.
    """
    if not re.fullmatch(r"http://[^/\s]+(/\S*)?", hub):
        raise click.UsageError(
            "--hub must be an address such as http://192.168.1.5:8422."
        )
    plan = Plan(
        url=hub.rstrip("/"),
        interval_s=count / rate if rate else interval,
        ramp_s=ramp,
        duration_s=duration,
        batch=batch,
        keep_alive=keep_alive,
        duplicates=duplicates,
        reordered=reordered,
        reboots=reboots,
        seed=seed,
    )
    found = _keys(keys, count)
    terminal = Terminal(highlight=False, stderr=True)
    tally = asyncio.run(_run(Fleet(plan, found), terminal))
    if as_json:
        click.echo(json.dumps(tally.summary()))
    else:
        click.echo(tally.line())
        for name, value in tally.summary().items():
            click.echo(f"  {name}: {json.dumps(value)}")
    if tally.broken:
        sys.exit(1)


async def _run(fleet_: Fleet, terminal: Terminal) -> Tally:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not terminal.is_terminal:
        return await fleet_.run(
            stop, lambda tally: click.echo(tally.line(), err=True), _PLAIN_S
        )
    with Live(console=terminal, auto_refresh=False, transient=True) as live:
        return await fleet_.run(
            stop, lambda tally: live.update(Text(tally.line()), refresh=True), _LIVE_S
        )


def _keys(file: Path, count: int) -> dict[str, bytes]:
    try:
        found = read_keys(json.loads(file.read_text("utf-8")))
    except OSError as error:
        raise click.UsageError(f"cannot read {file}: {error.strerror}") from error
    except ValueError as error:
        raise click.UsageError(f"{file}: {error}") from error
    if len(found) < count:
        raise click.UsageError(
            f"{file} has {len(found)} chargers; add more with `kickwatt-hub charger add-many`."
        )
    return dict(list(found.items())[:count])

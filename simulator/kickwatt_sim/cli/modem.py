"""`kickwatt-sim modem`."""

import signal
import sys
import threading

import click

from ..bench import PtyModem
from ..parts.modem import MODEMS
from ..recorder.transcript import Transcript


@click.command()
@click.option(
    "--model",
    type=click.Choice(list(MODEMS)),
    default="sim800",
    show_default=True,
    help="The modem: SIM800 (2G) or A7670 (LTE).",
)
@click.option("--seed", type=int, default=0, help="What its dice begin with.")
@click.option(
    "--speed",
    type=click.FloatRange(min=0.01),
    default=1.0,
    help="How many times as fast as a real one it starts, finds its network and transmits.",
)
@click.option(
    "--signal",
    "strength",
    type=click.IntRange(1, 31),
    default=17,
    show_default=True,
    help="The strength of the network, as AT+CSQ gives it.",
)
@click.option(
    "--roaming/--home",
    default=True,
    show_default=True,
    help="Whether the network takes the SIM card in as a guest, as most machine cards are.",
)
@click.option("--pin", metavar="PIN", help="Let the SIM card ask for this PIN.")
@click.option(
    "--dialogue/--quiet", default=True, help="Show what both sides say, or nothing."
)
def modem(
    *,
    model: str,
    seed: int,
    speed: float,
    strength: int,
    roaming: bool,
    pin: str | None,
    dialogue: bool,
) -> None:
    """Run a modem alone on a pseudo-terminal, until Ctrl-C.

    The first line of the output is the terminal's path. The modem makes real HTTP requests.
    """
    if pin is not None and not (pin.isdecimal() and 4 <= len(pin) <= 8):
        raise click.UsageError("--pin must be 4 to 8 digits.")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stopped.set())
    try:
        bench = PtyModem(seed=seed, speed=speed, pin=pin, model=MODEMS[model])
    except OSError as error:
        raise click.ClickException(f"no pseudo-terminal: {error}") from error
    with bench:
        click.echo(bench.path)

        def prepare() -> None:
            bench.cell.signal = strength
            bench.cell.roaming = roaming
            if dialogue:
                _show(bench)

        bench.do(prepare)
        stopped.wait()
    click.echo("Stopped.")


def _show(bench: PtyModem) -> None:
    """Write what both sides say to standard output, as a recording would have it."""
    output = sys.stdout
    transcript = Transcript(bench.world, output)

    def hear(who: str, data: bytes) -> None:
        transcript.hear(who, data)
        output.flush()

    bench.modem.dialogue.append(hear)
    output.flush()

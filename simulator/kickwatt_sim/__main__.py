"""The command line `kickwatt-sim`."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
import re
import signal
import sys

import click
from rich.console import Console as Terminal
from rich.text import Text

from . import coarse as coarse_, scenario as scenarios, settings as settings_
from .board.models import MODELS, USUAL, USUAL_WITH_WIFI
from .cli.chaos import chaos
from .cli.fleet import fleet
from .cli.meter import meter
from .cli.modem import modem
from .cli.vecharge import vecharge
from .control import Address, Boards, Panel, listen, serving
from .device import Device
from .faults import FAULTS
from .pace import RealPace
from .parameters import Duration, Listen, Start
from .parts.modem import MODEMS
from .recorder import Recorder
from .scenario import Playing, Scenario, ScenarioError
from .settings import Settings, SettingsError
from .status import line, moment, watch
from .world import World

# In a virtual world the firmware oversleeps by so much while nothing happens: it takes a third of the computing.
_VIRTUAL_NAP_S = 1.5


def main() -> None:
    """Run the command line; whatever the caller did wrong is one sentence and exit code 2."""
    # SIGINT too: who was started in the background of a shell's script would ignore it.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        commands.main(prog_name="kickwatt-sim", standalone_mode=False)
    except click.ClickException as error:
        click.echo(f"kickwatt-sim: {error.format_message()}", err=True)
        sys.exit(2)
    except click.Abort:
        click.echo("Stopped.")


@click.group()
@click.version_option(package_name="kickwatt", prog_name="kickwatt-sim")
def commands() -> None:
    """Run Kickwatt's firmware on a simulated board with a simulated scooter."""


commands.add_command(chaos)
commands.add_command(fleet)
commands.add_command(meter)
commands.add_command(modem)
commands.add_command(vecharge)


@commands.command("scenarios")
def list_scenarios() -> None:
    """Say which scenarios and faults there are."""
    terminal = Terminal(highlight=False)
    terminal.print("Scenarios, for --scenario:")
    for name in scenarios.names():
        terminal.print(f"  {name:<21}{scenarios.load(name).about}", soft_wrap=True)
    terminal.print("\nFaults, for a step of a scenario file:")
    for name, fault in sorted(FAULTS.items()):
        terminal.print(f"  {name:<21}{fault.about}", soft_wrap=True)
        for parameter, usual in fault.usual.items():
            allowed = fault.parameters[parameter]
            terminal.print(
                f"  {'':<21}with {parameter}: {allowed}; usually {usual}",
                soft_wrap=True,
            )


@commands.command()
@click.option(
    "--hub",
    metavar="URL",
    help="The hub's device port, such as http://192.168.1.5:8422.",
)
@click.option(
    "--id",
    "charger",
    metavar="ID",
    envvar="KICKWATT_ID",
    show_envvar=True,
    help="The charger's id.",
)
@click.option(
    "--key",
    metavar="KEY",
    envvar="KICKWATT_KEY",
    show_envvar=True,
    help="The charger's key; better in the environment, where no process list shows it.",
)
@click.option(
    "--speed",
    type=click.FloatRange(min=0.01),
    default=1.0,
    help="How many times as fast as real time.",
)
@click.option(
    "--start",
    type=Start(),
    default="now",
    help="Where the simulated clock begins: now, -24h, or an instant.",
)
@click.option(
    "--scenario",
    default="commute",
    show_default=True,
    metavar="NAME|FILE",
    help="What happens.",
)
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path),
    help="A settings.toml for the board.",
)
@click.option(
    "--firmware",
    type=click.Path(path_type=Path),
    help="A folder with another code.py than Kickwatt's.",
)
@click.option(
    "--modem",
    "way",
    type=click.Choice([*MODEMS, "wifi"]),
    help="The way to the hub, as KICKWATT_MODEM in the settings.  [default: sim800]",
)
@click.option(
    "--board",
    type=click.Choice(list(MODELS)),
    help=f"The board that is simulated.  [default: {USUAL}, with Wi-Fi {USUAL_WITH_WIFI}]",
)
@click.option(
    "--nvm",
    type=click.Path(path_type=Path),
    help="A file that keeps the board's memory.",
)
@click.option(
    "--duration",
    type=Duration(),
    help="How long to run, in the simulated world; default: until Ctrl-C.",
)
@click.option(
    "--seed", type=int, default=0, help="What the dice of the world begin with."
)
@click.option(
    "--virtual",
    is_flag=True,
    help="As fast as the machine can, repeatable by its seed.",
)
@click.option(
    "--coarse",
    is_flag=True,
    help="In strides of seconds, without UARTs and AT commands: for weeks and months.",
)
@click.option(
    "--record",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write the AT dialogue, a table of the world (CSV) and a picture (SVG) there.",
)
@click.option(
    "--record-every",
    type=Duration(),
    default="10s",
    show_default=True,
    help="How often the table gets a row when nothing happens.",
)
@click.option(
    "--control",
    type=Listen(),
    metavar="[HOST:]PORT",
    help="Let the hub's page look at the simulation there, and change it; without HOST this machine only.",
)
@click.option(
    "--console/--quiet",
    default=True,
    help="Show what the firmware prints, or only the state.",
)
def run(
    *,
    hub: str | None,
    charger: str | None,
    key: str | None,
    speed: float,
    start: datetime,
    scenario: str,
    settings_file: Path | None,
    firmware: Path | None,
    way: str | None,
    board: str | None,
    nvm: Path | None,
    duration: float | None,
    seed: int,
    virtual: bool,
    coarse: bool,
    record: Path | None,
    record_every: float,
    control: Address | None,
    console: bool,
) -> None:
    """Run one simulated charger against a hub, until Ctrl-C."""
    if virtual and control is not None:
        raise click.UsageError("--control needs a world with a clock, so not --virtual")
    settings = _settings(settings_file, hub, charger, key, way)
    board = board or _usual_board(settings)
    try:
        script = scenarios.load(scenario)
    except ScenarioError as error:
        raise click.UsageError(str(error)) from error
    terminal = Terminal(highlight=False)

    def caught_up() -> None:
        terminal.print(
            "The simulated clock has caught up with the present and goes on in real time."
        )

    def show(device: Device, whose: str = "") -> None:
        """Print what the firmware prints, and what strikes."""
        if console:
            device.console.listeners.append(
                lambda text: terminal.print(Text(f"{whose}{text}"), soft_wrap=True)
            )
        device.news.append(
            lambda text: terminal.print(
                Text(f"{moment(device)}  fault: {whose}{text}"), soft_wrap=True
            )
        )

    def further(device: Device) -> None:
        """Prepare a board that is added over the control."""
        show(device, f"{device.board.settings['KICKWATT_ID']}: ")
        if coarse:
            coarse_.stride(device)

    pace = (
        None
        if virtual
        else RealPace(speed, epoch_s=start.timestamp(), on_caught_up=caught_up)
    )
    nap_s = _VIRTUAL_NAP_S if virtual else 0.0
    world = World(start=start, seed=seed, pace=pace)
    try:
        device = Device(
            settings, world=world, firmware=firmware, board=board, nvm=nvm, nap_s=nap_s
        )
    except (ValueError, OSError) as error:
        raise click.UsageError(str(error)) from error
    with device, _recording(device, record, record_every):
        show(device)
        playing = scenarios.play(script, device)
        if coarse:
            coarse_.stride(device)
        try:
            with _controlled(control, device, script, playing, further, terminal):
                watch(device, terminal, duration)
        except KeyboardInterrupt:
            terminal.print("Stopped.")
    terminal.print(Text(line(device)), soft_wrap=True)
    if record is not None:
        terminal.print(f"Recorded in {record}.", soft_wrap=True)


@contextmanager
def _controlled(
    address: Address | None,
    device: Device,
    script: Scenario,
    playing: Playing,
    prepare: Callable[[Device], None],
    terminal: Terminal,
) -> Iterator[None]:
    pace = device.world.pace
    if address is None or not isinstance(pace, RealPace):
        yield
        return
    try:
        listening = listen(address)
    except OSError as error:
        raise click.UsageError(
            f"cannot listen on {address.host}, port {address.port}: {error.strerror}"
        ) from error
    boards = Boards(Panel(device, pace, script, playing), prepare)
    with closing(boards), serving(boards, listening) as port:
        terminal.print(f"Its control is at port {port}.")
        yield


def _recording(
    device: Device, folder: Path | None, every_s: float
) -> AbstractContextManager[object]:
    if folder is None:
        return nullcontext()
    try:
        return Recorder(device, folder, every_s=every_s)
    except (ValueError, OSError) as error:
        raise click.UsageError(f"cannot record in {folder}: {error}") from error


def _usual_board(settings: Settings) -> str:
    return USUAL_WITH_WIFI if settings.get("KICKWATT_MODEM") == "wifi" else USUAL


def _settings(
    file: Path | None,
    hub: str | None,
    charger: str | None,
    key: str | None,
    way: str | None,
) -> Settings:
    try:
        found: Settings = settings_.read(file) if file else {}
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    given = {
        "KICKWATT_URL": hub,
        "KICKWATT_ID": charger,
        "KICKWATT_KEY": key,
        "KICKWATT_MODEM": way,
    }
    found = {
        "KICKWATT_APN": "internet",
        "KICKWATT_WIFI_SSID": "home",
        **found,
        **{name: value for name, value in given.items() if value},
    }
    for name, option in (
        ("KICKWATT_URL", "--hub"),
        ("KICKWATT_ID", "--id"),
        ("KICKWATT_KEY", "--key"),
    ):
        if not found.get(name):
            raise click.UsageError(
                f"Which one? Give {option}, or {name} in the settings file."
            )
    scheme = "http" if found.get("KICKWATT_MODEM", "sim800") == "sim800" else "https?"
    if not re.fullmatch(rf"{scheme}://[^/\s]+(/\S*)?", str(found["KICKWATT_URL"])):
        raise click.UsageError(
            "--hub must be an address such as http://192.168.1.5:8422; https needs --modem a7670 or wifi, for a SIM800 has no usable TLS."
        )
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", str(found["KICKWATT_ID"])):
        raise click.UsageError(
            "--id must be 1 to 32 of a-z, 0-9, - and _, and not begin with - or _."
        )
    if not re.fullmatch(r"[0-9a-f]{64}", str(found["KICKWATT_KEY"])):
        raise click.UsageError(
            "--key must be the 64 hexadecimal digits that the hub showed for this charger."
        )
    return found


if __name__ == "__main__":
    main()

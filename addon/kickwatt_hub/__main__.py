"""The command line."""

import asyncio
from datetime import UTC, datetime
import gc
import getpass
import json
import logging
from pathlib import Path
import re
import signal
import sys
import time
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.table import Table

from . import __version__, onboarding, settings
from .announce import own_address
from .app import Hub
from .charging.csvfile import CsvError, Row, read
from .charging.replay import ReplayObject, replay
from .cli.common import DATA, DATABASE, Refused, with_store
from .cli.export import export
from .cli.importing import import_recording
from .cli.keeping import backup, charger_keep, check
from .cli.modes import charger_mode
from .cli.tariffs import tariff
from .log import set_up_logging
from .model import ChargerSettings, Kind, LegacyFormat, Scope, Token, User
from .plot import FORMATS, NoPlotError, draw
from .ports import PortError
from .relay.commands import dials_out, relay
from .relay.hubs import HubsError
from .relay.server import CertificateError
from .security import tokens
from .security.passwords import MAX_LENGTH, MIN_LENGTH, Passwords
from .security.secret import HubSecret
from .settings import SettingsError
from .store import NotThereError, Store, StoreError

GARBAGE = (
    20_000  # objects that are made before it is looked for: a few hundred messages
)

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
_USER = re.compile(r"[A-Za-z0-9_.@+-]{1,150}\Z")
_ZONE = re.compile(r"([+-])(\d\d):(00|15|30|45)\Z")


def main() -> None:
    """Run the command line: one sentence and exit code 2 for whatever the owner can put right."""
    try:
        code = cli.main(prog_name="kickwatt-hub", standalone_mode=False)
    except click.ClickException as error:
        sentence = " ".join(error.format_message().split()).rstrip(".")
        click.echo(f"kickwatt-hub: {sentence}.", err=True)
        sys.exit(2)
    except (
        StoreError,
        SettingsError,
        PortError,
        HubsError,
        CertificateError,
    ) as error:
        click.echo(f"kickwatt-hub: {error}", err=True)
        sys.exit(2)
    except click.Abort:
        sys.exit(130)
    if code:
        sys.exit(int(code))


@click.group(
    context_settings={"auto_envvar_prefix": "KICKWATT_HUB", "max_content_width": 100}
)
@click.version_option(__version__, prog_name="kickwatt-hub")
def cli() -> None:
    """The Kickwatt hub: what your chargers do, and a way to switch them."""


cli.add_command(relay)
cli.add_command(tariff)
cli.add_command(export)
cli.add_command(import_recording)
cli.add_command(backup)
cli.add_command(check)


# --- serve -----------------------------------------------------------------------------------------------------------


@cli.command()
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
@dials_out
def serve(options: Path | None, no_zeroconf: bool, **flags: Any) -> None:
    """Run the hub until SIGTERM or Ctrl-C."""
    if no_zeroconf:
        flags["zeroconf"] = False
    chosen = settings.load(flags, options)
    set_up_logging(chosen.log_level)
    asyncio.run(_serve(chosen))


async def _serve(chosen: settings.Settings) -> None:
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


# --- users and tokens ------------------------------------------------------------------------------------------------


@cli.group()
def user() -> None:
    """People who may use the hub."""


@user.command("add")
@click.argument("name")
@click.option(
    "--admin", is_flag=True, help="May add and remove chargers, users and tokens."
)
@click.option("--email", help="For the owner's information.")
@DATA
def user_add(name: str, admin: bool, email: str | None, data: Path | None) -> None:
    """Add a user; the password is asked for, or read from one line of standard input."""
    if not _USER.match(name):
        raise Refused("A user's name has 1 to 150 letters, digits and . _ @ + -")
    password = _read_password()
    who = User(
        name=name,
        email=email,
        scope=Scope.admin if admin else Scope.control,
        created_ms=_now_ms(),
    )

    async def work(store: Store, _secret: HubSecret) -> None:
        await store.accounts.add_user(who, await Passwords().hash(password))

    with_store(data, work)
    click.echo(f"Added {'administrator' if admin else 'user'} {name}.")


@cli.group()
def token() -> None:
    """Keys for programs."""


@token.command("create")
@click.argument("user_name", metavar="USER")
@click.option(
    "--scope", type=click.Choice([each.name for each in Scope]), required=True
)
@click.option(
    "--name", default="command line", show_default=True, help="What it is for."
)
@DATA
def token_create(user_name: str, scope: str, name: str, data: Path | None) -> None:
    """Make a token for a user and print it, this once."""
    secret = tokens.new()
    new = Token(
        id=0,
        user=user_name,
        name=name[:100],
        scope=Scope[scope],
        created_ms=_now_ms(),
        expires_ms=None,
    )

    async def work(store: Store, _secret: HubSecret) -> None:
        await store.accounts.add_token(user_name, tokens.digest(secret), new)

    with_store(data, work)
    click.echo(secret)


# --- chargers --------------------------------------------------------------------------------------------------------


@cli.group()
def charger() -> None:
    """Switched and metered outlets."""


charger.add_command(charger_mode)
charger.add_command(charger_keep)


@charger.command("add")
@click.argument("charger_id", metavar="ID")
@click.option("--name", help="How people call it. [default: its id]")
@click.option(
    "--simulated",
    is_flag=True,
    help="Its samples are dated by its own clock, which may run fast.",
)
@click.option(
    "--legacy",
    is_flag=True,
    help="It speaks the format of the GSM tracker that Kickwatt grew from.",
)
@click.option(
    "--ampere-unit",
    type=click.Choice(["mA", "dA"]),
    default="mA",
    help="Legacy: what one `amper` is.",
)
@click.option(
    "--zone",
    default="+01:00",
    show_default=True,
    help="Legacy: time zone of its clock.",
)
@click.option(
    "--power-factor",
    type=click.FloatRange(0.01, 1),
    help="A board that measures no real power: estimate energy with this.",
)
@click.option(
    "--url",
    help="The hub's device port as the board reaches it, such as http://hub.example:8422.",
)
@DATA
def charger_add(
    charger_id: str,
    name: str | None,
    simulated: bool,
    legacy: bool,
    ampere_unit: str,
    zone: str,
    power_factor: float | None,
    url: str | None,
    data: Path | None,
) -> None:
    """Add a charger and print the lines for its board's settings.toml, with its key, this once."""
    if not _ID.match(charger_id):
        raise Refused(
            "A charger's id has 1 to 32 lower-case letters, digits, - and _, and begins with a letter or digit."
        )
    if url is not None and not re.match(r"http://[^/\s\"]+(/[^\s\"]*)?\Z", url):
        raise Refused(
            "--url must begin with http:// and name a host: boards have no usable TLS."
        )
    form = LegacyFormat(
        ampere_unit=ampere_unit,
        utc_offset_min=_offset_min(zone),
        power_factor=power_factor,
    )

    async def work(store: Store, secret: HubSecret) -> onboarding.Added:
        return await onboarding.add_charger(
            store,
            secret,
            charger_id=charger_id,
            name=name[:100] if name else None,
            kind=Kind.legacy if legacy else Kind.s1,
            simulated=simulated,
            legacy=form,
        )

    added = with_store(data, work)
    url = (url or f"http://{own_address()}:8422").rstrip("/")
    click.echo(onboarding.settings_toml(added, url), nl=False)


@charger.command("add-many")
@click.argument("count", type=click.IntRange(1, 100_000))
@click.option(
    "--prefix",
    default="load-",
    show_default=True,
    help="What their ids begin with; a number follows.",
)
@click.option(
    "--simulated",
    is_flag=True,
    help="Their samples are dated by their own clocks, which may run fast.",
)
@DATA
def charger_add_many(
    count: int, prefix: str, simulated: bool, data: Path | None
) -> None:
    """Add COUNT chargers, all or none, and print their ids and keys as one JSON object, this once.

    For `kickwatt-sim fleet --keys`, or for a board per flat.
    """
    width = len(str(count))
    ids = [f"{prefix}{number:0{width}}" for number in range(1, count + 1)]
    if not _ID.match(ids[0]):
        raise Refused(
            "--prefix and a number must make an id of 1 to 32 lower-case letters, digits, - and _ that begins with a letter or digit."
        )

    async def work(store: Store, secret: HubSecret) -> list[onboarding.Added]:
        return await onboarding.add_chargers(store, secret, ids, simulated=simulated)

    added = with_store(data, work)
    click.echo(json.dumps({each.id: each.key for each in added}, indent=0))


@charger.command("set")
@click.argument("charger_id", metavar="ID")
@click.option(
    "--rule",
    type=click.Choice(["robust", "threshold"]),
    help="How the board knows that a charge is over.",
)
@click.option(
    "--balance-min",
    type=click.IntRange(0, 240),
    help="Minutes for which a full battery stays on.",
)
@click.option(
    "--cutoff-w",
    type=click.FloatRange(0.5, 1000),
    help="Watts below which a charge may be over (threshold: is over).",
)
@click.option(
    "--hold-s",
    type=click.IntRange(10, 3600),
    help="Seconds for which the power must stay low.",
)
@click.option(
    "--max-hours", type=click.FloatRange(0.1, 48), help="Most hours, per order."
)
@click.option(
    "--max-wh", type=click.IntRange(10, 20_000), help="Most energy, per order."
)
@click.option("--max-a", type=click.FloatRange(0.1, 10), help="More current trips.")
@DATA
def charger_set(
    charger_id: str, data: Path | None, **values: float | str | None
) -> None:
    """Change a charger's settings; its board gets them with the next message."""
    changes = {name: value for name, value in values.items() if value is not None}

    async def work(store: Store, _secret: HubSecret) -> ChargerSettings:
        stored = next(
            (each for each in await store.chargers.all() if each.id == charger_id), None
        )
        if stored is None:
            raise NotThereError(f"There is no charger {charger_id}.")
        wanted = msgspec.structs.replace(stored.settings, **changes)
        if wanted != stored.settings:
            said = stored.conversation.said
            rev = max(stored.settings_rev, said.rev if said else 0) % (2**31 - 1) + 1
            await store.chargers.change(stored.pk, stored.name, wanted, rev)
        return wanted

    for name, value in msgspec.structs.asdict(with_store(data, work)).items():
        click.echo(f"{name} {value}")


@charger.command("list")
@DATA
def charger_list(data: Path | None) -> None:
    """Show the chargers."""

    async def work(store: Store, _secret: HubSecret) -> Table:
        table = Table("id", "name", "kind", "last seen")
        for each in await store.chargers.all():
            seen_ms = each.conversation.last_seen_ms
            seen = (
                "never"
                if seen_ms is None
                else time.strftime("%F %T", time.localtime(seen_ms / 1000))
            )
            kind = f"{each.kind}, simulated" if each.simulated else str(each.kind)
            table.add_row(each.id, each.name, kind, seen)
        return table

    Console(highlight=False).print(with_store(data, work))


@charger.command("remove")
@click.argument("charger_id", metavar="ID")
@DATA
def charger_remove(charger_id: str, data: Path | None) -> None:
    """Remove a charger with all that it ever measured."""

    async def work(store: Store, _secret: HubSecret) -> None:
        await store.chargers.remove(charger_id)

    with_store(data, work)
    click.echo(f"Removed charger {charger_id}.")


# --- replay ------------------------------------------------------------------------------------------------------------

UNIX_S = 100_000_000  # later times than this of 1973 are on the calendar
_RECORDING = click.Path(exists=True, dir_okay=False, path_type=Path)


@cli.command("replay")
@click.argument("recording", metavar="FILE.csv", type=_RECORDING)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option(
    "--learn",
    type=_RECORDING,
    multiple=True,
    help="An earlier charge of the same charger; several, oldest first.",
)
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.png|svg",
    help="Also draw it.",
)
def replay_recording(
    recording: Path, as_json: bool, learn: tuple[Path, ...], plot: Path | None
) -> None:
    """Find the charges in a recording: when each ended, and what was expected.

    The file has a header with the columns time (seconds, Unix time, or a date) and power_w; what a plug's own program or
    Home Assistant exports is usually understood as it is. voltage_v and current_a take the place of power_w where a
    meter has no power.
    """
    if plot is not None and plot.suffix not in FORMATS:
        raise Refused(f"{plot}: expected a name that ends in {' or '.join(FORMATS)}")
    learned = [_read_recording(path) for path in learn]
    rows = _read_recording(recording)
    found = replay(rows, learned=learned)
    if plot is not None:
        try:
            draw(rows, found, plot, recording.name)
        except NoPlotError as error:
            raise Refused(str(error)) from None
    if as_json:
        click.echo(json.dumps(found))
    else:
        _tell_recording(found)


def _tell_recording(found: ReplayObject) -> None:
    """Print the sessions as a table."""
    unit = "VA" if found["apparent"] else "W"
    table = Table("start", "end", "cut at", "energy", "peak", "ended by", "why")
    for session in found["sessions"]:
        table.add_row(
            _moment(session["start"]),
            _moment(session["end"]),
            _moment(session["cut_at"]),
            f"{session['energy_wh']:.1f} {unit}h",
            f"{session['peak_power_w']:.1f} {unit}",
            session["end_reason"] or "still running",
            session["why"] or "",
        )
    Console().print(table if found["sessions"] else "No charge in this recording.")
    if found["sessions"] and found["apparent"]:
        Console().print(
            "The recording has volts and amperes, but no power: what you see is apparent, and more than the real."
        )


def _read_recording(path: Path) -> tuple[Row, ...]:
    try:
        return read(path)
    except CsvError as error:
        raise Refused(f"{path}: {error}") from None
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None


def _moment(time_s: float | None) -> str:
    """Return a time of the recording: on the calendar where it is Unix time."""
    if time_s is None:
        return ""
    if time_s < UNIX_S:
        return f"{time_s:.0f} s"
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%d %H:%M:%S")


# --- how ---------------------------------------------------------------------------------------------------------------


def _read_password() -> str:
    """Ask twice on a terminal; otherwise read one line, so that no password has to be an argument."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise Refused("The two passwords differ.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Refused(f"A password has {MIN_LENGTH} to {MAX_LENGTH} characters.")
    return password


def _offset_min(zone: str) -> int:
    parts = _ZONE.match(zone)
    if parts is None or int(parts[2]) > 14:
        raise Refused("--zone is an offset from UTC such as +01:00.")
    minutes = int(parts[2]) * 60 + int(parts[3])
    return -minutes if parts[1] == "-" else minutes


def _now_ms() -> int:
    return time.time_ns() // 1_000_000


if __name__ == "__main__":
    logging.captureWarnings(True)
    main()

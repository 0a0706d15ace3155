"""`kickwatt-hub charger …`: adding, setting, listing and removing."""

import json
from pathlib import Path
import re
import time

import click
import msgspec
from rich.console import Console
from rich.table import Table

from .. import onboarding
from ..model import ChargerSettings, Kind, LegacyFormat
from ..own_address import own_address
from ..security.secret import HubSecret
from ..store import NotThereError, Store
from .common import DATA, Refused, with_store
from .keeping import charger_keep
from .lazy import LazyGroup
from .links import add_link, charger_claim, charger_release, link_options

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}\Z")
_ZONE = re.compile(r"([+-])(\d\d):(00|15|30|45)\Z")


def _plain_url(_context: object, _parameter: object, given: str | None) -> str | None:
    if given is not None and not re.match(r"http://[^/\s\"]+(/[^\s\"]*)?\Z", given):
        raise Refused(
            "--url must begin with http:// and name a host: boards have no usable TLS."
        )
    return given


URL = click.option(
    "--url",
    callback=_plain_url,
    help="The hub's device port as the board reaches it, such as http://hub.example:8422.",
)


@click.group(cls=LazyGroup, there={"mode": "kickwatt_hub.cli.modes:charger_mode"})
def charger() -> None:
    """Switched and metered outlets."""


charger.add_command(charger_keep)
charger.add_command(charger_release)
charger.add_command(charger_claim)


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
@URL
@link_options
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
    vecharge: str | None,
    token: str | None,
    remote_id: str | None,
    engine_io: str | None,
    data: Path | None,
) -> None:
    """Add a charger and print the lines for its board's settings.toml, with its key, this once.

    With --vecharge it is one behind a veCharge-style server, and there is no board to prepare.
    """
    if not _ID.match(charger_id):
        raise Refused(
            "A charger's id has 1 to 32 lower-case letters, digits, - and _, and begins with a letter or digit."
        )
    if vecharge is not None:
        add_link(data, charger_id, name, vecharge, token, remote_id, engine_io)
        return
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

    _print_lines(with_store(data, work), url)


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
@click.option(
    "--keep-history",
    is_flag=True,
    help="What it measured stays, and `charger restore` brings it back.",
)
@DATA
def charger_remove(charger_id: str, keep_history: bool, data: Path | None) -> None:
    """Remove a charger with all that it ever measured."""

    async def work(store: Store, secret: HubSecret) -> None:
        if keep_history:
            await onboarding.retire(store, secret, charger_id)
        else:
            await store.chargers.remove(charger_id)

    with_store(data, work)
    click.echo(f"Removed charger {charger_id}.")


@charger.command("restore")
@click.argument("charger_id", metavar="ID")
@URL
@DATA
def charger_restore(charger_id: str, url: str | None, data: Path | None) -> None:
    """Bring a charger back that was removed with --keep-history, and print its board's lines with a new key."""

    async def work(store: Store, secret: HubSecret) -> onboarding.Added:
        found = await store.retired.find(charger_id)
        if found is None:
            raise NotThereError(
                f"No charger {charger_id} was removed with its history kept."
            )
        return await onboarding.revive(store, secret, charger_id, found.kind)

    _print_lines(with_store(data, work), url)


@charger.command("key")
@click.argument("charger_id", metavar="ID")
@URL
@DATA
def charger_key(charger_id: str, url: str | None, data: Path | None) -> None:
    """Give a charger a new key and print its board's lines, this once: also for another board in its place."""

    async def work(store: Store, secret: HubSecret) -> onboarding.Added:
        for each in await store.chargers.all():
            if each.id == charger_id:
                return await onboarding.renew_key(store, secret, each.id, each.kind)
        raise NotThereError(f"There is no charger {charger_id}.")

    _print_lines(with_store(data, work), url)


def _print_lines(added: onboarding.Added, url: str | None) -> None:
    url = (url or f"http://{own_address()}:8422").rstrip("/")
    click.echo(onboarding.settings_toml(added, url), nl=False)


def _offset_min(zone: str) -> int:
    parts = _ZONE.match(zone)
    if parts is None or int(parts[2]) > 14:
        raise Refused("--zone is an offset from UTC such as +01:00.")
    minutes = int(parts[2]) * 60 + int(parts[3])
    return -minutes if parts[1] == "-" else minutes

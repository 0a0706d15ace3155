"""`kickwatt-hub charger mode`: how a charger behaves by itself."""

from pathlib import Path
from typing import Any

import click
import msgspec

from ..api import bodies
from ..api.change import Facts, mode_settings
from ..api.errors import ApiError, invalid
from ..brain import decode_profile
from ..charging.mode import Mode, ModeSettings, Prefer
from ..model import Kind
from ..security.secret import HubSecret
from ..store import NotThereError, Store
from ..store.standing import StoredCharger
from .common import DATA, Refused, with_store


@click.command("mode")
@click.argument("charger_id", metavar="ID")
@click.argument("name", metavar="[MODE]", type=click.Choice([*Mode]), required=False)
@click.option("--target-wh", type=float, help="Stop after so much energy, in Wh.")
@click.option(
    "--target-percent", type=float, help="Stop at this share of a usual full charge."
)
@click.option("--hours", type=float, help="How many hours, in the mode cheapest_hours.")
@click.option("--ready-by", help="Until when, on the wall clock: HH:MM.")
@click.option(
    "--zone", help="Of that clock, such as Europe/Warsaw. [default: the hub's]"
)
@click.option(
    "--prefer", type=click.Choice([*Prefer]), help="The cheapest hours, or the latest."
)
@click.option(
    "--probe/--no-probe",
    default=None,
    help="Look once, 15 minutes after the end, whether the battery takes more.",
)
@click.option(
    "--learned-caps/--no-learned-caps",
    default=None,
    help="Cap energy and time by what earlier charges needed, too.",
)
@DATA
def charger_mode(charger_id: str, data: Path | None, **given: Any) -> None:
    """Show or change a charger's mode.

    MODE is manual, until_full, to_target, cheapest_hours or ready_by; what is not given stays as it is. A hub that is
    running takes it up at once.
    """
    change = _change(given)

    async def work(store: Store, _secret: HubSecret) -> ModeSettings:
        stored = await _find(store, charger_id)
        known = (await store.modes.all()).get(stored.pk)
        before = known.settings if known else ModeSettings()
        if change == bodies.ModeChange():
            return before
        settings = _settings(before, change, stored)
        await store.modes.choose(stored.pk, settings)
        return settings

    settings = with_store(data, work)
    for field, value in msgspec.to_builtins(settings).items():
        if value not in (None, False):
            click.echo(f"{field}: {'yes' if value is True else value}")


def _change(given: dict[str, Any]) -> bodies.ModeChange:
    chosen = {field: value for field, value in given.items() if value is not None}
    try:
        return msgspec.convert(chosen, bodies.ModeChange)
    except msgspec.ValidationError as error:
        raise _refused(invalid(error)) from None


def _settings(
    before: ModeSettings, change: bodies.ModeChange, stored: StoredCharger
) -> ModeSettings:
    facts = Facts(
        stored.kind is not Kind.legacy,
        stored.settings.max_wh,
        decode_profile(stored.profile).energy_wh,
    )
    try:
        return mode_settings(before, change, facts)
    except ApiError as error:
        raise _refused(error) from None


async def _find(store: Store, charger_id: str) -> StoredCharger:
    for each in await store.chargers.all():
        if each.id == charger_id:
            return each
    raise NotThereError(f"There is no charger {charger_id}.")


def _refused(error: ApiError) -> Refused:
    field = (error.field or "").removeprefix("mode.").replace("_", "-")
    return Refused(f"--{field}: {error}" if field and field != "name" else str(error))

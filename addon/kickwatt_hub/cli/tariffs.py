"""`kickwatt-hub tariff`: what electricity costs."""

from pathlib import Path
import re
import time

import click
import msgspec

from ..api.errors import ApiError, invalid
from ..api.shapes import tariffs
from ..api.tariff import check
from ..pricing import Chosen, Definition
from ..security.secret import HubSecret
from ..store import Store
from .common import DATA, Refused, with_store

_BAND = re.compile(
    r"(?:(every|weekday|weekend) +)?(\d\d:\d\d)-(\d\d:\d\d) +(-?\d+(?:\.\d+)?)\Z"
)
_CURRENCY = click.option(
    "--currency", required=True, help="Three letters, such as EUR."
)
_ZONE = click.option(
    "--zone", help="Time zone of its clock, such as Europe/Warsaw. [default: the hub's]"
)


@click.group("tariff")
def tariff() -> None:
    """What electricity costs, and so what charges cost."""


@tariff.group("set")
def tariff_set() -> None:
    """Let a tariff hold from now on; the very first one holds for what was charged before, too."""


@tariff_set.command("fixed", context_settings={"ignore_unknown_options": True})
@click.argument("per_kwh", metavar="PRICE", type=float)
@_CURRENCY
@DATA
def set_fixed(per_kwh: float, currency: str, data: Path | None) -> None:
    """One PRICE per kWh."""
    _choose(data, {"kind": "fixed", "currency": currency, "per_kwh": per_kwh})


@tariff_set.command("time-of-use")
@click.argument("otherwise", metavar="PRICE", type=float)
@click.option(
    "--band",
    "bands",
    multiple=True,
    help='Another price at some time: "22:00-06:00 0.55" or "weekend 13:00-15:00 0.55"; several, the first that holds counts.',
)
@_CURRENCY
@_ZONE
@DATA
def set_time_of_use(
    otherwise: float,
    bands: tuple[str, ...],
    currency: str,
    zone: str | None,
    data: Path | None,
) -> None:
    """PRICE per kWh, and others at times of the day."""
    _choose(
        data,
        {
            "kind": "time_of_use",
            "currency": currency,
            "zone": zone,
            "otherwise": otherwise,
            "bands": [_band(each) for each in bands],
        },
    )


@tariff_set.command("feed")
@_CURRENCY
@DATA
def set_feed(currency: str, data: Path | None) -> None:
    """Prices that Home Assistant, or anybody with a token, posts to /api/v1/tariff/prices."""
    _choose(data, {"kind": "feed", "currency": currency})


@tariff_set.command("none")
@DATA
def set_none(data: Path | None) -> None:
    """Price nothing from now on."""
    _choose(data, {"kind": "none"})


@tariff.command("show")
@DATA
def show(data: Path | None) -> None:
    """Show all tariffs that were set, oldest first, as JSON."""

    async def work(store: Store, _secret: HubSecret) -> list[Chosen]:
        return await store.tariffs.all()

    shown = tariffs(with_store(data, work))["tariffs"]
    click.echo(msgspec.json.format(msgspec.json.encode(shown), indent=2))


def _choose(data: Path | None, given: dict[str, object]) -> None:
    try:
        definition: Definition = msgspec.convert(given, Definition)
        check(definition)
    except msgspec.ValidationError as error:
        raise _refused(invalid(error)) from None
    except ApiError as error:
        raise _refused(error) from None

    async def work(store: Store, _secret: HubSecret) -> None:
        from_ms = time.time_ns() // 1_000_000 if await store.tariffs.all() else 0
        await store.tariffs.choose(Chosen(from_ms, definition))

    with_store(data, work)
    click.echo(f"The tariff is {str(given['kind']).replace('_', ' ')} from now on.")


def _band(text: str) -> dict[str, object]:
    parts = _BAND.match(text)
    if parts is None:
        raise Refused(
            f'--band {text!r}: expected "22:00-06:00 0.55", with weekday or weekend before it where that matters'
        )
    days, start, end, per_kwh = parts.groups()
    return {
        "start": start,
        "end": end,
        "per_kwh": float(per_kwh),
        "days": days or "every",
    }


def _refused(error: ApiError) -> Refused:
    return Refused(f"{error.field}: {error}" if error.field else str(error))

"""What a client may ask for: a table with the fields of each command and what obeys it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ...entry import Entry
from ...model import Order, OrderState, Scope
from ...pricing import Definition
from .. import bodies, shapes, tariff
from ..change import apply
from ..context import Context

type Work = Coroutine[Any, Any, dict[str, Any]]
"""What obeys one command, and returns its result."""


class CommandError(Exception):
    """A command came to nothing."""

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str | None = None,
        field: str | None = None,
    ) -> None:
        """`code` and `reason` are those of docs/api.md."""
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.field = field

    def json(self) -> dict[str, str | None]:
        """Return the inner object of the result."""
        return {
            "code": self.code,
            "message": str(self),
            "reason": self.reason,
            "field": self.field,
        }


@dataclass(frozen=True, slots=True)
class Command[T]:
    """One kind of command."""

    fields: type[T]
    """What it takes beside `id` and `command`."""
    act: Callable[[Context, T], Work]
    """Does it and returns the result. Raises CommandError, ApiError and the store's errors."""
    scope: Scope = Scope.control
    """What the client's token must allow."""
    decoder: msgspec.json.Decoder[T] = field(init=False)

    def __post_init__(self) -> None:
        """Make the decoder once; it finds the fields in the whole message."""
        object.__setattr__(self, "decoder", msgspec.json.Decoder(self.fields))


class OnCharger(Struct, kw_only=True):
    """A command about one charger."""

    charger: str


class SetRelay(OnCharger):
    """Switch on or off, and wait until the board has said so."""

    relay: Literal["on", "off"]


class SetSettings(OnCharger):
    """Change limits and the rule of the end."""

    settings: bodies.Settings


class Rename(OnCharger):
    """Give it another name."""

    name: bodies.Name


class SetMode(OnCharger):
    """Say who decides when there is power."""

    mode: bodies.ModeChange


class SetTariff(Struct):
    """Say what a kilowatt-hour costs."""

    tariff: Definition


class PostPrices(Struct):
    """Hand over prices of a feed."""

    prices: list[bodies.PriceInterval]


def charger_of(hub: Context, command: OnCharger) -> Entry:
    """Return the charger that a command is about. Raises CommandError."""
    entry = hub.fleet.find(command.charger)
    if entry is None:
        raise CommandError("not_found", "There is no such charger.")
    return entry


async def _set_relay(hub: Context, command: SetRelay) -> dict[str, Any]:
    entry, relay_on = charger_of(hub, command), command.relay == "on"
    _insist_on_switch(entry)
    name, online = entry.charger.name, entry.charger.online
    if relay_on and not online:
        raise _silent(entry)
    order = await hub.control.order(entry, relay_on)
    if not online:
        raise CommandError(
            "offline",
            f"{name} is silent; it will be switched off when it is heard again.",
        )
    return shapes.order(_done(name, await hub.control.settled(entry, order)))


async def _charge_once(hub: Context, command: OnCharger) -> dict[str, Any]:
    entry = charger_of(hub, command)
    _insist_on_switch(entry)
    if not entry.charger.online:
        raise _silent(entry)
    return shapes.charger(await hub.scheduler.charge_once(entry))


async def _clear_trip(hub: Context, command: OnCharger) -> dict[str, Any]:
    return await _do(hub, command, "clear")


async def _restart(hub: Context, command: OnCharger) -> dict[str, Any]:
    return await _do(hub, command, "restart")


async def _set_settings(hub: Context, command: SetSettings) -> dict[str, Any]:
    return await _change(hub, command, bodies.ChargerChange(settings=command.settings))


async def _rename(hub: Context, command: Rename) -> dict[str, Any]:
    return await _change(hub, command, bodies.ChargerChange(name=command.name))


async def _set_mode(hub: Context, command: SetMode) -> dict[str, Any]:
    return await _change(hub, command, bodies.ChargerChange(mode=command.mode))


async def _set_tariff(hub: Context, command: SetTariff) -> dict[str, Any]:
    return await tariff.choose(hub, command.tariff, None)


async def _post_prices(hub: Context, command: PostPrices) -> dict[str, Any]:
    return await tariff.post(hub, command.prices)


COMMANDS: dict[str, Command[Any]] = {
    "set_relay": Command(SetRelay, _set_relay),
    "set_settings": Command(SetSettings, _set_settings),
    "rename": Command(Rename, _rename),
    "set_mode": Command(SetMode, _set_mode),
    "charge_once": Command(OnCharger, _charge_once),
    "clear_trip": Command(OnCharger, _clear_trip),
    "restart": Command(OnCharger, _restart),
    "set_tariff": Command(SetTariff, _set_tariff),
    "post_prices": Command(PostPrices, _post_prices),
}


async def _do(hub: Context, command: OnCharger, what: str) -> dict[str, Any]:
    entry = charger_of(hub, command)
    _insist_on_switch(entry)
    if not entry.charger.online:
        raise CommandError("offline", f"{entry.charger.name} is silent.")
    order = await hub.control.do(entry, what)
    return shapes.order(
        _done(entry.charger.name, await hub.control.settled(entry, order))
    )


async def _change(
    hub: Context, command: OnCharger, change: bodies.ChargerChange
) -> dict[str, Any]:
    entry = charger_of(hub, command)
    return shapes.charger(await apply(hub, entry, change))


def _insist_on_switch(entry: Entry) -> None:
    if not entry.charger.switchable:
        raise CommandError(
            "invalid",
            f"{entry.charger.name} cannot be switched: its device takes no orders.",
            field="charger",
        )


def _silent(entry: Entry) -> CommandError:
    return CommandError(
        "offline",
        f"{entry.charger.name} is silent, so it cannot be switched on now.",
    )


# Why the server that a charger is behind did not take an order.
_UNHEEDED = {
    "unreachable": "its server cannot be reached",
    "rejected": "its server refuses the order",
}
_SERVERS = _UNHEEDED | {
    "held": "somebody else uses it at its server",
    "released": "the hub was told to let go of it",
}


def _done(name: str, order: Order | None) -> Order:
    """Return an order that was obeyed. Raises CommandError."""
    if order is None:
        raise CommandError("timeout", f"{name} has not answered in time.")
    if order.state is OrderState.refused:
        why = _SERVERS.get(order.reason or "")
        because = f": {why}." if why else "."
        raise CommandError("refused", f"{name} refused{because}", reason=order.reason)
    if order.reason in _UNHEEDED:
        why = _UNHEEDED[order.reason]
        raise CommandError(
            "offline", f"{name} stays on: {why}. It is asked until it is off."
        )
    if order.reason == "removed":
        raise CommandError("not_found", f"{name} was removed.")
    if order.state is OrderState.expired:
        raise CommandError("superseded", "A newer order took its place.")
    return order

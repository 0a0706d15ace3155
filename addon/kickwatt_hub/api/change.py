"""What may be changed about a charger, and what contradicts itself. REST and the WebSocket both come here."""

from dataclasses import dataclass, replace
from typing import Any

from msgspec import UNSET

from ..charging.mode import SCHEDULED, Mode, ModeSettings
from ..charging.modes import target_wh
from ..entry import Entry
from ..model import Charger
from ..pricing import find_zone
from . import bodies
from .context import Context
from .errors import ApiError


@dataclass(frozen=True, slots=True)
class Facts:
    """What a mode must fit."""

    switchable: bool
    max_wh: int
    full_wh: float | None
    """What a full charge usually takes, if that was learned."""

    @classmethod
    def of(cls, entry: Entry) -> Facts:
        """Return those of a charger."""
        charger = entry.charger
        return cls(
            charger.switchable, charger.settings.max_wh, entry.brain.profile.energy_wh
        )


async def apply(hub: Context, entry: Entry, change: bodies.ChargerChange) -> Charger:
    """Rename a charger, change its settings or its mode, and return it. Raises ApiError and the store's errors."""
    settings = None
    if change.settings is not UNSET:
        settings = change.settings.applied(entry.charger.settings)
    mode = None
    if change.mode is not UNSET:
        mode = mode_settings(entry.charger.mode, change.mode, Facts.of(entry))
    name = None if change.name is UNSET else change.name
    if settings is not None or name is not None:
        await hub.control.change(entry, name, settings)
    if mode is not None:
        await hub.scheduler.choose(entry, mode)
    return entry.charger


def mode_settings(
    before: ModeSettings, change: bodies.ModeChange, facts: Facts
) -> ModeSettings:
    """Return a mode with these changes. Raises ApiError where they do not make sense together."""
    settings = merged(before, change, "mode.")
    if settings.mode is not Mode.manual and not facts.switchable:
        raise ApiError(
            409,
            "This charger cannot be switched: its device takes no orders.",
            field="mode.name",
        )
    if settings.mode in SCHEDULED and settings.ready_by is None:
        raise ApiError(
            422,
            f"The mode {settings.mode} needs a time such as 07:00.",
            field="mode.ready_by",
        )
    if settings.mode is Mode.to_target and not _has_target(settings):
        raise ApiError(
            422,
            "The mode to_target needs target_wh or target_percent.",
            field="mode.target_wh",
        )
    check_target(settings, facts, "mode.")
    return settings


def merged(
    before: ModeSettings, change: bodies.ModeChange | bodies.PlanQuestion, where: str
) -> ModeSettings:
    """Return settings with what was given changed; `where` precedes the fields' names in errors."""
    given: dict[str, Any] = {
        "mode" if field == "name" else field: value
        for field in change.__struct_fields__
        if (value := getattr(change, field)) is not UNSET
    }
    wh, percent = given.get("target_wh"), given.get("target_percent")
    if wh is not None and percent is not None:
        raise ApiError(
            422,
            "Give the target as target_wh or as target_percent, not both.",
            field=f"{where}target_percent",
        )
    if wh is not None:
        given["target_percent"] = None
    if percent is not None:
        given["target_wh"] = None
    zone = given.get("zone")
    if zone is not None and find_zone(zone) is None:
        raise ApiError(
            422,
            "There is no such time zone: expected a name such as Europe/Warsaw.",
            field=f"{where}zone",
        )
    return replace(before, **given)


def check_target(settings: ModeSettings, facts: Facts, where: str) -> None:
    """Refuse a target that cannot be reached. Raises ApiError."""
    if settings.mode is Mode.manual or settings.mode is Mode.until_full:
        return
    if settings.target_percent is not None and facts.full_wh is None:
        raise ApiError(
            422,
            "What a full charge takes is not known yet: let it charge until full once, or give target_wh.",
            field=f"{where}target_percent",
        )
    target = target_wh(settings, facts.full_wh)
    if target is not None and target > facts.max_wh:
        field = "target_percent" if settings.target_wh is None else "target_wh"
        raise ApiError(
            422,
            f"The target of {target:.0f} Wh is above this charger's cap of {facts.max_wh} Wh (settings.max_wh).",
            field=f"{where}{field}",
        )


def _has_target(settings: ModeSettings) -> bool:
    return settings.target_wh is not None or settings.target_percent is not None

"""What a person has to do about a hub and its chargers, as issues that come and go.

Home Assistant shows them under repairs. Everything is judged anew when something changes,
and now and then: a charger that is silent changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from awesomeversion import AwesomeVersion, AwesomeVersionException
from homeassistant.const import CONF_URL
from homeassistant.core import HomeAssistant, callback
from homeassistant.helpers import issue_registry as ir
from homeassistant.helpers.event import async_track_time_interval
from homeassistant.util import dt as dt_util

from .const import DOCUMENTATION, DOMAIN
from .coordinator import KickwattConfigEntry, KickwattCoordinator
from .models import Charger
from .words import words_of

LOOK_AGAIN: Final = timedelta(minutes=15)

# Longer than a board without coverage for a night; its queue holds a week.
SILENT_FOR: Final = timedelta(hours=24)

# The network's time comes without seconds of accuracy, and some networks send it late.
CLOCK_OFF_S: Final = 600

# Firmware before this one knows orders that this integration gives only in part.
OLDEST_FIRMWARE: Final = "0.1.0"

# Power flows although nothing allows it: only pulling the plug is certain to end that.
_STUCK = {"welded", "guard_stuck"}


@dataclass(frozen=True, kw_only=True)
class Issue:
    """Something that a person has to do."""

    key: str
    severity: ir.IssueSeverity = ir.IssueSeverity.WARNING
    fixable: bool = False
    placeholders: Mapping[str, str] = field(default_factory=dict)


def issues_of(
    charger: Charger, now: datetime, reasons: Mapping[str, str]
) -> Iterator[Issue]:
    """Return what a person has to do about a charger.

    `reasons` are the words for what may have stopped it.
    """
    if problems := charger.problems:
        stuck = not _STUCK.isdisjoint(problems)
        yield Issue(
            key="stuck" if stuck else "tripped",
            severity=ir.IssueSeverity.CRITICAL if stuck else ir.IssueSeverity.ERROR,
            fixable=True,
            placeholders={
                "reasons": ", ".join(reasons.get(each, each) for each in problems)
            },
        )
    if charger.last_seen is not None and now - charger.last_seen > SILENT_FOR:
        yield Issue(
            key="silent",
            placeholders={
                "since": dt_util.as_local(charger.last_seen).strftime("%Y-%m-%d %H:%M")
            },
        )
    if charger.kind == "legacy":
        yield Issue(key="legacy")
    if charger.clock_off_s is not None and abs(charger.clock_off_s) > CLOCK_OFF_S:
        yield Issue(
            key="clock_wrong",
            placeholders={"minutes": str(round(abs(charger.clock_off_s) / 60))},
        )
    if charger.is_board and _is_older(charger.firmware, OLDEST_FIRMWARE):
        yield Issue(
            key="firmware_too_old",
            placeholders={
                "firmware": str(charger.firmware),
                "needed": OLDEST_FIRMWARE,
            },
        )


def _is_older(version: str | None, than: str) -> bool:
    """Whether a version is older than another; one that says nothing is not."""
    try:
        return version is not None and bool(AwesomeVersion(version) < than)
    except AwesomeVersionException:
        return False


@callback
def async_watch_chargers(hass: HomeAssistant, entry: KickwattConfigEntry) -> None:
    """Keep the issues of a hub's chargers in step with what the hub tells."""
    coordinator = entry.runtime_data
    judged: set[str] = set()

    @callback
    def judge_changed() -> None:
        for charger in coordinator.changed:
            _async_judge(hass, coordinator, charger)
        if judged != coordinator.data.keys():
            judged.clear()
            judged.update(coordinator.data)
            _async_forget_removed(hass, coordinator)

    @callback
    def judge_all(_: datetime | None = None) -> None:
        for charger in coordinator.data.values():
            _async_judge(hass, coordinator, charger)

    judge_all()
    judge_changed()
    entry.async_on_unload(coordinator.async_add_listener(judge_changed))
    entry.async_on_unload(async_track_time_interval(hass, judge_all, LOOK_AGAIN))


@callback
def async_complain_about_hub(
    hass: HomeAssistant, entry: KickwattConfigEntry, key: str | None
) -> None:
    """Say that hub and integration do not fit each other, or with None that they do."""
    for each in ("hub_too_new", "hub_too_old"):
        issue_id = f"{entry.unique_id}-{each}"
        if each != key:
            ir.async_delete_issue(hass, DOMAIN, issue_id)
            continue
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            is_fixable=False,
            learn_more_url=DOCUMENTATION,
            severity=ir.IssueSeverity.ERROR,
            translation_key=each,
            translation_placeholders={
                "hub": entry.title,
                "url": entry.data[CONF_URL],
            },
        )


@callback
def async_forget_hub(hass: HomeAssistant, hub_id: str) -> None:
    """Remove all issues of a hub that is gone."""
    for issue_id in _ids(hass, f"{hub_id}-"):
        ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def _async_judge(
    hass: HomeAssistant, coordinator: KickwattCoordinator, charger: Charger
) -> None:
    """Create the issues that a charger has, and remove those that it has no more."""
    prefix = _prefix(coordinator, charger.id)
    wanted = set()
    reasons = reasons_in_words(hass) if charger.problems else {}
    for issue in issues_of(charger, dt_util.utcnow(), reasons):
        wanted.add(issue_id := prefix + issue.key)
        ir.async_create_issue(
            hass,
            DOMAIN,
            issue_id,
            data={
                "entry_id": coordinator.config_entry.entry_id,
                "charger_id": charger.id,
            },
            is_fixable=issue.fixable,
            learn_more_url=DOCUMENTATION,
            severity=issue.severity,
            translation_key=issue.key,
            translation_placeholders={"charger": charger.name, **issue.placeholders},
        )
    for issue_id in _ids(hass, prefix):
        if issue_id not in wanted:
            ir.async_delete_issue(hass, DOMAIN, issue_id)


@callback
def _async_forget_removed(
    hass: HomeAssistant, coordinator: KickwattCoordinator
) -> None:
    """Remove the issues of chargers that the hub has no more."""
    known = tuple(_prefix(coordinator, charger_id) for charger_id in coordinator.data)
    for issue_id in _ids(hass, f"{coordinator.hub_id}-charger-"):
        if not issue_id.startswith(known):
            ir.async_delete_issue(hass, DOMAIN, issue_id)


def _prefix(coordinator: KickwattCoordinator, charger_id: str) -> str:
    """Return how the issues of a charger begin. No id has a colon, so no two share one."""
    return f"{coordinator.hub_id}-charger-{charger_id}:"


def _ids(hass: HomeAssistant, prefix: str) -> list[str]:
    """Return the ids of our issues that begin so."""
    return [
        issue_id
        for domain, issue_id in ir.async_get(hass).issues
        if domain == DOMAIN and issue_id.startswith(prefix)
    ]


@callback
def reasons_in_words(hass: HomeAssistant) -> dict[str, str]:
    """Return the words for each safety stop, in Home Assistant's own language."""
    return words_of(hass, "binary_sensor.problem.state_attributes.reasons.state")

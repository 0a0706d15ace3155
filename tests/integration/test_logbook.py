"""What the activity says of a charge, in the owner's language."""

from datetime import timedelta
from typing import Any

from homeassistant.components.recorder import Recorder
from homeassistant.core import Event, HomeAssistant, callback
from homeassistant.helpers import device_registry as dr, translation
from homeassistant.setup import async_setup_component
from homeassistant.util import dt as dt_util
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry
from pytest_homeassistant_custom_component.components.recorder.common import (
    async_wait_recording_done,
)
from pytest_homeassistant_custom_component.typing import ClientSessionGenerator

from custom_components.kickwatt.const import DOMAIN, EVENT_CHARGE
from custom_components.kickwatt.logbook import Describe, async_describe_events
from tests.integration.scripted_hub import CHARGER, HUB_ID, Line
from tests.support.waiting import until

CHARGE = "event.garage_scooter_charge"


@pytest.fixture(autouse=True)
def kickwatt_everywhere(
    recorder_mock: Recorder, enable_custom_integrations: None, socket_enabled: None
) -> None:
    """As everywhere, but with a recorder, which has to be there before the rest is."""


class Activity:
    """What the activity would say, entry by entry."""

    def __init__(self, hass: HomeAssistant) -> None:
        """Begin to listen."""
        self.entries: list[dict[str, Any]] = []
        self._describe: dict[str, Describe] = {}
        async_describe_events(hass, self._offer)
        hass.bus.async_listen(EVENT_CHARGE, self._see)

    def _offer(self, domain: str, event_type: str, describe: Describe) -> None:
        assert domain == DOMAIN
        self._describe[event_type] = describe

    @callback
    def _see(self, event: Event) -> None:
        self.entries.append(self._describe[event.event_type](event))

    @property
    def messages(self) -> list[str]:
        """What they say."""
        return [each["message"] for each in self.entries]


@pytest.fixture
def activity(hass: HomeAssistant) -> Activity:
    """Return what is said from now on."""
    return Activity(hass)


def ended(reason: str | None, **changes: Any) -> dict[str, Any]:
    """Return a charge that is over after an hour and a half."""
    return {
        **CHARGER["session"],
        "end": "2026-11-21T08:00:00Z",
        "end_reason": reason,
        **changes,
    }


@pytest.mark.parametrize(
    ("session", "message"),
    [
        (ended("cut_off"), "Cut off: 120 Wh, 1 h 30 min, Ended by the board"),
        (ended("full"), "Finished: 120 Wh, 1 h 30 min, Full"),
        (ended("unplugged"), "Unplugged: 120 Wh, 1 h 30 min"),
        (
            ended("full", end="2026-11-21T06:39:40Z", energy_wh=0),
            "Finished: 0 Wh, 10 min, Full",
        ),
        (ended("eaten", start=None), "Finished: 120 Wh, eaten"),
        ({}, "Finished"),
    ],
)
async def test_a_charge_ends_with_its_energy_its_duration_and_the_reason(
    hass: HomeAssistant,
    line: Line,
    activity: Activity,
    session: dict[str, Any],
    message: str,
) -> None:
    await line.happen(11, "session_started", session=CHARGER["session"])
    await line.happen(12, "session_ended", session=session)
    await until(lambda: activity.messages == [message])
    (entry,) = activity.entries
    assert entry["name"] == "Garage scooter"
    assert entry["entity_id"] == CHARGE


async def test_a_safety_stop_says_why(
    hass: HomeAssistant, line: Line, activity: Activity
) -> None:
    await line.happen(11, "tripped", trips=["over_current", "welded"])
    await line.happen(12, "guard", reason="time")
    await until(lambda: len(activity.entries) == 2)
    assert activity.messages == [
        "Tripped: Too much current, Relay does not open",
        "Tripped: Hub: took too long",
    ]


async def test_it_is_said_in_the_owners_language_and_with_the_owners_name(
    hass: HomeAssistant,
    line: Line,
    scripted_entry: MockConfigEntry,
    activity: Activity,
) -> None:
    hass.config.language = "de"
    await translation.async_load_integrations(hass, {DOMAIN})
    registry = dr.async_get(hass)
    device = registry.async_get_device_by_identifier(
        (DOMAIN, f"{HUB_ID}-scooter"), scripted_entry.entry_id
    )
    assert device is not None
    registry.async_update_device(device.id, name_by_user="Roller")
    await line.happen(11, "tripped", trips=["over_current"])
    await until(lambda: len(activity.entries) == 1)
    texts = translation.async_get_cached_translations(hass, "de", "entity", DOMAIN)
    path = f"component.{DOMAIN}.entity.event.charge.state_attributes"
    assert activity.entries[0]["name"] == "Roller"
    assert activity.messages == [
        f"{texts[f'{path}.event_type.state.tripped']}: "
        f"{texts[f'{path}.reasons.state.over_current']}"
    ]


async def test_what_was_said_of_a_device_that_is_gone_stays_readable(
    hass: HomeAssistant, line: Line, activity: Activity
) -> None:
    hass.bus.async_fire(
        EVENT_CHARGE,
        {"device_id": None, "entity_id": CHARGE, "event_type": "finished"},
    )
    await hass.async_block_till_done()
    assert activity.entries == [
        {"name": "Kickwatt", "message": "Finished", "entity_id": CHARGE}
    ]


async def test_the_real_logbook_has_it_with_the_device(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    line: Line,
    activity: Activity,
) -> None:
    pytest.importorskip("hass_frontend", reason="only newest has its frontend here")
    assert await async_setup_component(hass, "logbook", {})
    begin = dt_util.utcnow() - timedelta(minutes=1)
    await line.happen(11, "tripped", trips=["over_current"])
    await until(lambda: len(activity.entries) == 1)
    await async_wait_recording_done(hass)
    client = await hass_client()
    answer = await client.get(
        f"/api/logbook/{begin.isoformat()}", params={"entity": CHARGE}
    )
    entries = [each for each in await answer.json() if each.get("message")]
    assert [(each["domain"], each["name"], each["message"]) for each in entries] == [
        (DOMAIN, "Garage scooter", "Tripped: Too much current")
    ]

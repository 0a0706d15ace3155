"""What the activity says of a charger, in the owner's language."""

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

from custom_components.kickwatt.const import DOMAIN, EVENT_SAFETY_STOP
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
        hass.bus.async_listen(EVENT_SAFETY_STOP, self._see)

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


async def test_a_safety_stop_says_why(
    hass: HomeAssistant, line: Line, activity: Activity
) -> None:
    await line.happen(11, "tripped", trips=["over_current", "welded"])
    await line.happen(12, "guard", reason="time")
    await line.happen(13, "guard", reason="moonshine")
    await until(lambda: len(activity.entries) == 3)
    assert activity.messages == [
        "Safety stop: Too much current, Relay does not open",
        "Safety stop: Hub: took too long",
        "Safety stop: guard_moonshine",
    ]
    assert activity.entries[0]["name"] == "Garage scooter"
    assert activity.entries[0]["entity_id"] == CHARGE


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
        f"{texts[f'{path}.reason.state.trip']}: "
        f"{texts[f'{path}.reasons.state.over_current']}"
    ]


async def test_what_was_said_of_a_device_that_is_gone_stays_readable(
    hass: HomeAssistant, line: Line, activity: Activity
) -> None:
    hass.bus.async_fire(
        EVENT_SAFETY_STOP,
        {"device_id": None, "entity_id": CHARGE, "reasons": ["welded"]},
    )
    await hass.async_block_till_done()
    assert activity.entries == [
        {
            "name": "Kickwatt",
            "message": "Safety stop: Relay does not open",
            "entity_id": CHARGE,
        }
    ]


async def test_the_real_logbook_has_one_line_for_a_charges_end_and_the_reason_of_a_stop(
    hass: HomeAssistant,
    hass_client: ClientSessionGenerator,
    line: Line,
    activity: Activity,
) -> None:
    pytest.importorskip("hass_frontend", reason="only newest has its frontend here")
    assert await async_setup_component(hass, "logbook", {})
    begin = dt_util.utcnow() - timedelta(minutes=1)
    session = {**CHARGER["session"], "end": "2026-11-21T08:00:00Z"}
    await line.happen(11, "session_started", session=CHARGER["session"])
    await line.happen(12, "session_ended", session=session | {"end_reason": "full"})
    await line.happen(13, "tripped", trips=["over_current"])
    await until(lambda: len(activity.entries) == 1)
    await async_wait_recording_done(hass)
    client = await hass_client()
    answer = await client.get(
        f"/api/logbook/{begin.isoformat()}", params={"entity": CHARGE}
    )
    said = [
        each.get("message") or each["attributes"]["event_type"]
        for each in await answer.json()
    ]
    assert said == ["started", "finished", "tripped", "Safety stop: Too much current"]

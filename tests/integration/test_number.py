"""The cut-off: set in Home Assistant, kept by the hub, confirmed by the board."""

from homeassistant.core import HomeAssistant
from homeassistant.exceptions import HomeAssistantError, ServiceValidationError
import pytest
from pytest_homeassistant_custom_component.common import MockConfigEntry

from tests.integration.conftest import ask, state_of
from tests.support.hub_process import RunningHub
from tests.support.s1_device import S1Device
from tests.support.waiting import until

CUTOFF = "number.garage_scooter_cut_off_power"


async def set_cutoff(hass: HomeAssistant, watts: float) -> None:
    """Set the cut-off as a person does."""
    await hass.services.async_call(
        "number", "set_value", {"entity_id": CUTOFF, "value": watts}, blocking=True
    )


async def test_a_new_cutoff_reaches_the_board(
    hass: HomeAssistant, hub: RunningHub, board: S1Device, loaded: MockConfigEntry
) -> None:
    assert state_of(hass, CUTOFF) == "11.5"
    await set_cutoff(hass, 15.5)
    await until(lambda: state_of(hass, CUTOFF) == "15.5")
    assert (await ask(hub, "GET", "chargers/scooter"))["settings"]["pending"] is True
    await board.send()
    assert board.settings["cutoff_dw"] == 155
    await board.send()
    assert (await ask(hub, "GET", "chargers/scooter"))["settings"]["pending"] is False


@pytest.mark.parametrize("watts", [0.4, 1001])
async def test_a_cutoff_beyond_what_the_hub_takes_is_refused(
    hass: HomeAssistant, loaded: MockConfigEntry, watts: float
) -> None:
    with pytest.raises(ServiceValidationError):
        await set_cutoff(hass, watts)
    assert state_of(hass, CUTOFF) == "11.5"


@pytest.mark.parametrize("watts", [0.5, 1000])
async def test_the_hub_takes_what_home_assistant_offers(
    hass: HomeAssistant, loaded: MockConfigEntry, watts: float
) -> None:
    await set_cutoff(hass, watts)
    await until(lambda: float(state_of(hass, CUTOFF)) == watts)


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("maximum_time", "max_hours", 0.1),
        ("maximum_time", "max_hours", 48),
        ("maximum_energy", "max_wh", 10),
        ("maximum_energy", "max_wh", 20_000),
    ],
)
async def test_the_hub_takes_the_limits_that_home_assistant_offers(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    name: str,
    field: str,
    value: float,
) -> None:
    entity_id = f"number.garage_scooter_{name}"
    data = {"entity_id": entity_id, "value": value}
    await hass.services.async_call("number", "set_value", data, blocking=True)
    await until(lambda: float(state_of(hass, entity_id)) == value)
    assert (await ask(hub, "GET", "chargers/scooter"))["settings"][field] == value


async def test_a_charger_that_is_gone_by_now_is_said_so(
    hass: HomeAssistant,
    hub: RunningHub,
    loaded: MockConfigEntry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # The hub has lost it, but its word has not reached us yet.
    monkeypatch.setattr(hub.hub.context.fleet, "find", lambda _: None)
    with pytest.raises(HomeAssistantError) as gone:
        await set_cutoff(hass, 20)
    assert gone.value.translation_key == "not_found"

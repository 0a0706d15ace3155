"""The firmware in strides: it decides what the whole firmware decides."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from statistics import median

import pytest

from kickwatt_sim import Device, World
from kickwatt_sim.coarse import stride
from kickwatt_sim.internet import Answer, Request

from .s1_hub import S1Hub

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def device_of(hub: S1Hub, seed: int = 0, **settings: str | int) -> Device:
    hub.url = "http://hub.example:8422"

    def carry(request: Request) -> Answer:
        return Answer(*hub.answer("/s1/scooter-1", request.body))

    world = World(start=START, seed=seed)
    return Device(hub.settings | settings, world=world, carry=carry, nap_s=1.0)


@contextmanager
def coarse(hub: S1Hub, charge: float, **settings: str | int) -> Iterator[Device]:
    with device_of(hub, **settings) as device:
        stride(device)
        device.outlet.plug_in(charge)
        device.run_until(lambda: device.outlet.relay.contact, within_s=90)
        yield device


def charge_to_the_end(device: Device) -> tuple[float, float]:
    """Return when the relay opened, and the energy that had come."""
    device.run_until(lambda: device.outlet.relay.contact, within_s=90)
    device.run_until(
        lambda: not device.outlet.relay.contact, within_s=4 * 3600, step_s=10
    )
    device.run_for(120)
    return device.world.now_s, device.outlet.charger.wall_wh


def test_a_charge_ends_when_and_how_it_ends_on_the_whole_firmware() -> None:
    """The end of the tail, tenths of a watt, hangs on the dice: the whole firmware's own ends lie 20 minutes apart. So, the median of some."""
    medians = []
    for way in (stride, lambda _device: None):
        results = []
        for seed in range(5):
            hub = S1Hub()
            with device_of(hub, seed) as device:
                way(device)
                device.outlet.plug_in(0.88)
                results.append(charge_to_the_end(device))
            last = hub.messages[-1]
            assert (last["state"], last["why"], last["trips"]) == (
                *("done", "cut_off"),
                [],
            )
            assert (hub.forged, hub.doubled) == (0, 0)
            states = [message["state"] for message in hub.messages]
            idle, charging = states.index("idle"), states.index("charging")
            assert idle < charging < states.index("done")
        medians.append([median(column) for column in zip(*results, strict=True)])
    (stride_s, stride_wh), (whole_s, whole_wh) = medians
    assert stride_s == pytest.approx(whole_s, abs=600)
    assert stride_wh == pytest.approx(whole_wh, abs=1)


def test_a_press_of_the_button_is_felt_between_two_strides() -> None:
    with coarse(S1Hub(), 0.3) as device:
        device.run_for(300)
        device.button.press(0.3)
        device.run_for(2)
        assert not device.outlet.relay.contact


@pytest.mark.parametrize(
    ("fault", "trip", "within_s"),
    [
        ("meter_silent", "sensor_lost", 10),
        ("runaway_current", "over_current", 10),
        ("mains_sag", "under_voltage", 15),
    ],
)
def test_a_dangerous_fault_trips(fault: str, trip: str, within_s: float) -> None:
    hub = S1Hub()
    with coarse(hub, 0.3) as device:
        device.run_for(300)
        device.inject(fault, lasts_s=120)
        device.run_until(lambda: not device.outlet.relay.contact, within_s=within_s)
        device.run_for(200)
        assert hub.messages[-1]["trips"] == [trip]


def test_a_welded_relay_is_found_within_two_strides() -> None:
    hub = S1Hub()
    with coarse(hub, 0.3) as device:
        device.run_for(300)
        device.inject("relay_welded")
        hub.wish.update(relay=0, order=2, lease=0)
        device.run_for(300)
        assert "welded" in hub.messages[-1]["trips"]


def test_without_the_hub_the_lease_ends_the_charge_and_samples_wait() -> None:
    hub = S1Hub()
    with coarse(hub, 0.3) as device:
        device.run_for(300)
        for fault in ("no_network", "hub_nonsense", "reply_lost", "http_error"):
            device.inject(fault, lasts_s=1200)
            device.run_for(1000)
            assert not device.outlet.relay.contact
            device.run_until(lambda: device.outlet.relay.contact, within_s=1500)
            device.run_for(180)
        numbers = sorted(number for _, number in hub.samples)
        assert numbers == list(range(1, len(numbers) + 1))
        assert hub.messages[-1]["left"] == 0


def test_a_reset_and_a_power_cut_start_it_anew() -> None:
    hub = S1Hub()
    with coarse(hub, 0.3) as device:
        device.run_for(300)
        device.inject("reboot", reason="brownout")
        device.run_for(120)
        device.inject("power_cut", lasts_s=30)
        device.run_for(180)
        told = {message["boot"]: message["reset"] for message in hub.messages}
        assert told == {1: "power_on", 2: "brownout", 3: "power_on"}
        assert device.outlet.relay.contact


def test_wrong_settings_stop_it() -> None:
    with device_of(S1Hub(), KICKWATT_KEY="short") as device:
        stride(device)
        device.run_for(30)
        assert any("KICKWATT_KEY" in line for line in device.console.lines)
        assert device.outlet.relay.closings == 0

"""Weeks without a person: forty days in strides, and the whole firmware where clocks wrap."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from kickwatt_sim import Device, World, play
from kickwatt_sim.board.reset import ResetReason
from kickwatt_sim.coarse import stride
from kickwatt_sim.internet import Answer, Request
from kickwatt_sim.scenario import load

from .s1_hub import S1Hub

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
DAY_S = 86_400


class DailyHub(S1Hub):
    """Orders a charge each day, and keeps what it was told small enough for weeks."""

    def __init__(self, device_day: list[int]) -> None:
        super().__init__(wish={"relay": 1, "order": 1, "lease": 3600, "interval": 300})
        self.url = "http://hub.example:8422"
        self._day = device_day

    def carry(self, request: Request) -> Answer:
        self.wish["order"] = 1 + self._day[0]
        return Answer(*self.answer("/s1/scooter-1", request.body))


def check_samples(hub: S1Hub) -> None:
    """None is missing or doubled, and their times rise with the world's."""
    assert (hub.forged, hub.doubled) == (0, 0)
    for boot in {boot for boot, _ in hub.samples}:
        numbers = [number for b, number in hub.samples if b == boot]
        assert numbers == list(range(1, len(numbers) + 1))
    times = [at_s for at_s, _ in hub.samples.values()]
    assert all(one <= other + 1 for one, other in pairwise(times))


def test_forty_days_pass_and_every_reset_is_told() -> None:
    """No clock that the firmware could use goes on for so long without a wrap: 2**31 ms are 24.9 days."""
    day = [0]
    hub = DailyHub(day)
    resets = [
        ("power_on", lambda device: device.inject("power_cut", lasts_s=60)),
        ("watchdog", lambda device: device.board.reset(ResetReason.WATCHDOG)),
        ("brownout", lambda device: device.board.reset(ResetReason.BROWNOUT)),
        ("software", lambda device: device.board.reset(ResetReason.SOFTWARE)),
        ("reset_pin", lambda device: device.board.reset(ResetReason.RESET_PIN)),
        (
            "safe_mode",
            lambda device: device.board.reset(ResetReason.SOFTWARE, "HARD_FAULT"),
        ),
    ]
    with Device(
        hub.settings | {"KICKWATT_UPLOAD_S": 900},
        world=World(start=START),
        carry=hub.carry,
    ) as device:
        stride(device)
        play(load("commute"), device)
        told = []
        while day[0] < 40:
            if day[0] > 27 and day[0] % 2 == 0 and resets:
                expected, strike = resets.pop(0)
                strike(device)
                device.run_for(1800)
                told.append((hub.messages[-1]["reset"], expected))
            day[0] += 1
            device.run_for(day[0] * DAY_S - device.world.now_s)
            states = {message["state"] for message in hub.messages}
            assert {"charging", "done"} <= states <= {"off", "idle", "charging", "done"}
            if day[0] == 27:
                # Whatever it counts with, the board knows how long it has been up.
                assert hub.messages[-1]["up"] == pytest.approx(27 * DAY_S, abs=1800)
                assert hub.messages[-1]["boot"] == 1
            # All but the newest, to which a repeat is compared.
            del hub.messages[:-1], hub.bodies[:-1]
            check_samples(hub)
            newest = max(hub.samples)
            hub.samples = {
                name: hub.samples[name] for name in hub.samples if name[0] == newest[0]
            }
        assert not resets
        assert [one for one, _ in told] == [other for _, other in told]
        assert device.outlet.relay.closings >= 40
        assert device.board.flash.erases < 40


@pytest.mark.parametrize("power", [29, 30, 31, 32, 33, 40])
def test_the_whole_firmware_charges_on_while_a_counter_of_milliseconds_wraps(
    power: int,
) -> None:
    hub = DailyHub([0])
    with Device(
        hub.settings, world=World(start=START), carry=hub.carry, nap_s=1.0
    ) as device:
        device.board.head_start_ns = ((1 << power) - 240_000) * 1_000_000
        device.outlet.plug_in(0.3)
        device.run_until(lambda: device.outlet.relay.contact, within_s=60)
        for _ in range(40):
            device.run_for(10)
            assert device.outlet.relay.contact
        assert device.board.up_ns > 1_000_000 << power
        device.inject("meter_silent")
        device.run_until(lambda: not device.outlet.relay.contact, within_s=8)
        device.run_for(120)
        assert hub.messages[-1]["trips"] == ["sensor_lost"]
        check_samples(hub)

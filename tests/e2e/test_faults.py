"""What must survive: the real firmware in virtual time against a real hub, and something breaks."""

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kickwatt_sim.device import Device
from kickwatt_sim.internet import NETWORK_ERROR, Answer, Request, exchange

from .running import RunningHub, Wire, board, running_hub

HOUR_S = 3600
# Uptime, age and the modem's clock are whole seconds.
ROUNDED_S = 3


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[RunningHub, str]]:
    with running_hub(tmp_path) as running:
        yield running


def charge(hub: RunningHub, device: Device, battery: float) -> None:
    """Let a charge begin, the way its owner does."""
    device.outlet.plug_in(charge=battery)
    device.run_until(lambda: hub.charger()["online"], within_s=300, step_s=15)
    hub.switch("on")
    device.run_until(lambda: device.outlet.relay.contact, within_s=300)
    device.run_until(
        lambda: hub.charger()["session"] is not None, within_s=600, step_s=15
    )
    assert hub.charger()["state"] == "charging"


def instants(readings: list[dict[str, Any]]) -> list[float]:
    return [datetime.fromisoformat(reading["time"]).timestamp() for reading in readings]


def assert_stored_exactly_once(hub: RunningHub, wire: Wire) -> None:
    """Every acknowledged sample is a reading under the time at which it was measured, and there are no others."""
    stored = instants(hub.readings())
    measured = sorted(wire.measured[sample] for sample in wire.acknowledged)
    assert len(stored) == len(measured)
    assert stored == sorted(stored)
    late = [one - other for one, other in zip(stored, measured, strict=True)]
    assert max(map(abs, late)) <= ROUNDED_S


def test_no_acknowledged_sample_is_lost_when_the_hub_is_killed_in_mid_charge_and_the_charge_goes_on(
    hub: tuple[RunningHub, str],
) -> None:
    running, key = hub
    kills = 0

    def killed_after_the_reply(request: Request) -> Answer:
        """The worst moment: the board has the acknowledgement, and the hub has had no time for anything else."""
        nonlocal kills
        answer = exchange(request)
        if answer.status == 200 and kills_now():
            running.kill()
            kills += 1
        return answer

    def kills_now() -> bool:
        return kills < 3 and device.world.now_s > next_kill_s[kills]

    next_kill_s = [HOUR_S / 2, HOUR_S, HOUR_S * 1.5]
    wire = Wire(killed_after_the_reply)
    with board(running.device_url, key, carry=wire) as device:
        charge(running, device, battery=0.5)
        session = running.charger()["session"]["id"]
        for kill in range(3):
            device.run_until(lambda wanted=kill: kills > wanted, within_s=HOUR_S)
            device.run_for(60)
            running.start()
            device.run_for(600)
            assert device.outlet.relay.contact
            assert running.charger()["state"] == "charging"
        assert running.charger()["session"]["id"] == session
        device.run_until(
            lambda: not device.outlet.relay.contact, within_s=8 * HOUR_S, step_s=30
        )
        device.run_for(120)
        assert running.charger()["state"] == "full"
        assert running.charger()["relay"]["reason"] == "cut_off"
        (only,) = running.sessions()
        delivered_wh = device.outlet.charger.wall_wh

    # Both look for the end, by the same rule; whichever saw it first.
    assert only["id"] == session
    assert only["end_reason"] in ("cut_off", "full")
    assert only["energy_wh"] == pytest.approx(delivered_wh, rel=0.02)
    assert_stored_exactly_once(running, wire)


@pytest.mark.parametrize("autonomous", [0, 1])
def test_what_was_measured_without_network_arrives_afterwards_under_its_own_time_and_once(
    hub: tuple[RunningHub, str], autonomous: int
) -> None:
    running, key = hub
    wire = Wire()
    with board(
        running.device_url, key, carry=wire, KICKWATT_AUTONOMOUS=autonomous
    ) as device:
        charge(running, device, battery=0.3)
        device.run_for(300)
        before = device.world.wall_s
        device.inject("no_network", lasts_s=600)
        device.run_for(600)
        told = max(instants(running.readings()))
        assert told <= before + 60
        uploads = device.exchanges.succeeded
        device.run_until(
            lambda: (
                device.exchanges.succeeded >= uploads + 3
                and device.exchanges.last_message["left"] == 0
            ),
            within_s=HOUR_S,
        )
        assert running.charger()["state"] == "charging"

    stored = instants(running.readings())
    during = [time for time in stored if before <= time <= before + 600]
    assert len(during) >= 600 / 30 - 1
    assert max(later - earlier for earlier, later in pairwise(during)) <= 60
    assert_stored_exactly_once(running, wire)


def test_a_board_whose_replies_get_lost_repeats_itself_and_nothing_is_stored_twice(
    hub: tuple[RunningHub, str],
) -> None:
    running, key = hub
    wire = Wire()
    with board(running.device_url, key, carry=wire) as device:
        charge(running, device, battery=0.3)
        for _ in range(3):
            device.inject("reply_lost", lasts_s=90)
            device.run_for(300)
        device.run_until(
            lambda: device.exchanges.last_message["left"] == 0, within_s=HOUR_S
        )
        device.run_for(120)

    assert len(wire.sent) > len(set(wire.sent))
    assert_stored_exactly_once(running, wire)


def test_a_board_whose_hub_is_gone_for_good_opens_its_relay_when_its_lease_ends(
    hub: tuple[RunningHub, str],
) -> None:
    running, key = hub
    with board(running.device_url, key) as device:
        charge(running, device, battery=0.2)
        device.run_for(300)
        lease_s = device.exchanges.last_reply["lease"]
        running.kill()
        gone_s = device.world.now_s
        device.run_until(lambda: not device.outlet.relay.contact, within_s=lease_s + 60)
        assert device.world.now_s - gone_s <= lease_s + 5
        device.run_for(6 * HOUR_S)
        assert not device.outlet.relay.contact


def test_an_autonomous_board_whose_hub_is_gone_for_good_still_cuts_off(
    hub: tuple[RunningHub, str],
) -> None:
    running, key = hub
    with board(running.device_url, key, KICKWATT_AUTONOMOUS=1) as device:
        charge(running, device, battery=0.6)
        running.kill()
        device.run_for(HOUR_S)
        assert device.outlet.relay.contact
        device.run_until(lambda: not device.outlet.relay.contact, within_s=6 * HOUR_S)
        assert device.outlet.charge() > 0.97
        device.run_for(HOUR_S)
        assert not device.outlet.relay.contact


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        (
            {"KICKWATT_KEY": "beef"},
            "KICKWATT_KEY: 64 digits 0-9 a-f, as the hub showed them (there are 4).",
        ),
        (
            {"KICKWATT_URL": "https://hub.example"},
            "KICKWATT_URL: a SIM800 cannot do https",
        ),
        (
            {"KICKWATT_CUTOFF_W": "eleven"},
            'KICKWATT_CUTOFF_W: "eleven" is not 0.5 to 1000 W.',
        ),
        (
            {"KICKWATT_CUTOF_W": "12"},
            "KICKWATT_CUTOF_W is not a setting. Did you mean KICKWATT_CUTOFF_W?",
        ),
        ({"KICKWATT_APN": ""}, "KICKWATT_APN is missing."),
    ],
)
def test_a_board_with_wrong_settings_says_what_is_wrong_and_stays_off(
    settings: dict[str, str], complaint: str
) -> None:
    key = "5eed" * 16
    asked = []

    def nobody(request: Request) -> Answer:
        asked.append(request)
        return Answer(NETWORK_ERROR)

    with board("http://hub.example:8422", key, carry=nobody, **settings) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(600)
        assert any(complaint in line for line in device.console.lines)
        assert not any(key in line for line in device.console.lines)
        assert not device.outlet.relay.contact
    assert asked == []

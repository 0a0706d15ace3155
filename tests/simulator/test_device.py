"""The real firmware, from power-on to the end of a charge, against a real HTTP server."""

from datetime import UTC, datetime
import json

import pytest

from kickwatt_sim import FAULTS, Device, World
from kickwatt_sim.faults import FaultError
from kickwatt_sim.internet import Answer, Request
from kickwatt_sim.status import line

from .s1_hub import S1Hub

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)


def device_of(hub: S1Hub, seed: int = 0, **options: object) -> Device:
    return Device(
        hub.settings, world=World(start=START, seed=seed), **{"nap_s": 1.0, **options}
    )


def test_a_whole_charge_from_plug_to_cut_off() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.8)
        device.run_until(lambda: device.outlet.relay.contact, within_s=60)
        device.run_until(
            lambda: not device.outlet.relay.contact, within_s=6 * 3600, step_s=30
        )
        device.run_for(180)
        last = hub.messages[-1]
        assert (last["state"], last["relay"], last["why"], last["trips"]) == (
            "done",
            0,
            "cut_off",
            [],
        )
        assert 0.95 < device.outlet.charge() <= 1
        assert (hub.forged, hub.doubled) == (0, 0)

        states = [message["state"] for message in hub.messages]
        assert states.index("idle") < states.index("charging") < states.index("done")
        numbers = sorted(number for _, number in hub.samples)
        assert numbers == list(range(1, len(numbers) + 1))
        powers = [sample[5] / 10 for _, sample in hub.samples.values() if sample[2]]
        assert max(powers) == pytest.approx(95, abs=1)
        assert powers[-1] < 12
        last_wh = list(hub.samples.values())[-1][1][6]
        assert last_wh == int(device.outlet.charger.wall_wh)


def test_samples_carry_the_worlds_time() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.5)
        device.run_for(1800)
        times = [at_s for at_s, _ in hub.samples.values()]
        assert times == sorted(times)
        assert all(START.timestamp() <= at_s <= device.world.wall_s for at_s in times)
        assert times[-1] > device.world.wall_s - 90


def test_without_an_order_the_relay_stays_open() -> None:
    with (
        S1Hub(wish={"relay": 0, "order": 0, "lease": 0, "interval": 60}) as hub,
        device_of(hub) as device,
    ):
        device.outlet.plug_in()
        device.run_for(600)
        assert device.outlet.relay.closings == 0
        assert hub.messages[-1]["state"] == "off"


def test_a_virtual_world_is_deterministic() -> None:
    def bodies(seed: int) -> list[bytes]:
        hub = S1Hub()
        hub.url = "http://hub.example:8422"

        def carry(request: Request) -> Answer:
            return Answer(*hub.answer("/s1/scooter-1", request.body))

        with device_of(hub, seed, carry=carry) as device:
            device.outlet.plug_in(charge=0.6)
            device.world.after(300, lambda: device.inject("no_network", lasts_s=120))
            device.run_for(1200)
        return hub.bodies

    first = bodies(7)
    assert len(first) > 10
    assert bodies(7) == first
    assert bodies(8) != first


def test_looking_at_a_run_in_between_changes_nothing() -> None:
    def bodies(step_s: float) -> list[bytes]:
        hub = S1Hub()
        hub.url = "http://hub.example:8422"
        carry = lambda request: Answer(*hub.answer("/s1/scooter-1", request.body))  # noqa: E731
        with device_of(hub, carry=carry) as device:
            device.outlet.plug_in(charge=0.6)
            for _ in range(round(600 / step_s)):
                device.run_for(step_s)
                line(device)
        return hub.bodies

    assert bodies(600) == bodies(0.5)


@pytest.mark.parametrize("version", [(10, 1), (10, 2)])
def test_the_firmware_takes_settings_as_either_circuitpython_gives_them(
    version: tuple[int, int],
) -> None:
    with S1Hub() as hub:
        settings = hub.settings | {
            "KICKWATT_UPLOAD_S": 20,
            "KICKWATT_MAX_A": "2.5",
            "KICKWATT_MODEM_BAUD": 19200,
        }
        with Device(
            settings, world=World(start=START), circuitpython=version, nap_s=1.0
        ) as device:
            device.run_for(120)
            assert device.board.uarts[0].baudrate == 19200
        assert len(hub.messages) >= 4


# --- faults


def test_a_period_without_network_loses_nothing() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(300)
        before = len(hub.messages)
        device.inject("no_network", lasts_s=480)
        device.run_for(479)
        assert len(hub.messages) <= before + 1
        device.run_for(900)
        numbers = sorted(number for _, number in hub.samples)
        assert numbers == list(range(1, len(numbers) + 1))
        assert hub.messages[-1]["left"] == 0


def test_when_the_network_stays_away_the_lease_opens_the_relay() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(300)
        assert device.outlet.relay.contact
        device.inject("no_network")
        device.run_for(930)
        assert not device.outlet.relay.contact


@pytest.mark.parametrize("fault", ["reply_lost", "no_httpaction"])
def test_delivered_but_not_confirmed_is_stored_once(fault: str) -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(120)
        injection = device.inject(fault)
        seen = len(hub.messages)
        device.run_until(lambda: len(hub.messages) > seen, within_s=200)
        device.run_for(5)
        injection.end()
        device.run_for(1200)
        assert hub.doubled > 0
        numbers = sorted(number for _, number in hub.samples)
        assert numbers == list(range(1, len(numbers) + 1))
        sequence = [message["seq"] for message in hub.messages]
        assert sequence == sorted(set(sequence))


def test_a_silent_meter_opens_the_relay() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(300)
        device.inject("meter_silent", lasts_s=60)
        device.run_for(30)
        assert not device.outlet.relay.contact
        device.run_for(120)
        assert "sensor_lost" in hub.messages[-1]["trips"]


def test_a_welded_relay_is_reported() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(300)
        device.inject("relay_welded")
        hub.wish.update(relay=0, order=2, lease=0)
        device.run_for(300)
        assert device.outlet.relay.contact
        assert hub.messages[-1]["relay"] == 0
        assert "welded" in hub.messages[-1]["trips"]


def test_a_power_cut_starts_a_new_boot_with_the_relay_open() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(300)
        device.inject("power_cut", lasts_s=10)
        device.run_for(5)
        assert not device.outlet.relay.contact
        device.run_for(120)
        assert hub.messages[-1]["boot"] == 2
        assert hub.messages[-1]["reset"] == "power_on"


def test_a_reboot_leaves_the_modem_as_it_was() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.run_for(120)
        device.inject("reboot", reason="watchdog")
        device.run_for(10)
        assert device.modem.bearer == 1
        device.run_for(60)
        assert (hub.messages[-1]["boot"], hub.messages[-1]["reset"]) == (2, "watchdog")


def test_a_hung_modem_is_healed_by_its_reset_pin() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.run_for(120)
        device.inject("modem_hangs")
        before = len(hub.messages)
        device.run_for(3600)
        assert not device.modem.hung
        assert len(hub.messages) > before


@pytest.mark.parametrize("fault", sorted(FAULTS))
def test_every_fault_says_what_it_is_and_can_end_or_not(fault: str) -> None:
    hub = S1Hub()
    hub.url = "http://hub.example:8422"
    with device_of(hub, carry=lambda _request: Answer(601)) as device:
        device.run_for(30)
        injection = device.inject(fault)
        device.run_for(30)
        injection.end()
        injection.end()
        assert not injection.active
        device.run_for(30)
    assert FAULTS[fault].about[0].islower()
    assert not FAULTS[fault].about.endswith(".")


@pytest.mark.parametrize(
    ("name", "parameters", "complaint"),
    [
        ("bad_luck", {}, r"there is no fault 'bad_luck'"),
        ("no_network", {"status": 1}, r"the fault 'no_network' has no 'status'"),
        (
            "reboot",
            {"reason": "boredom"},
            r"'reason' of the fault 'reboot' is one of reset_pin, watchdog",
        ),
        (
            "http_error",
            {"status": "601"},
            r"'status' of the fault 'http_error' is a whole number from 600 to 606",
        ),
        ("mains_sag", {"volts": True}, r"is a number from 0 to 400"),
    ],
)
def test_a_wrong_fault_is_one_sentence(
    name: str, parameters: dict[str, object], complaint: str
) -> None:
    hub = S1Hub()
    hub.url = "http://hub.example:8422"
    with device_of(hub) as device, pytest.raises(FaultError, match=complaint):
        device.inject(name, **parameters)


def test_waiting_in_vain_says_what_the_console_said() -> None:
    hub = S1Hub()
    hub.url = "http://hub.example:8422"
    with (
        device_of(hub, carry=lambda _request: Answer(601)) as device,
        pytest.raises(
            TimeoutError, match=r"not within 60 s; the console says: .*HTTP 601"
        ),
    ):
        device.run_until(lambda: device.outlet.relay.contact, within_s=60)


def test_the_exchanges_are_counted() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        device.run_for(100)
        device.inject("http_error", status=604, lasts_s=100)
        device.run_for(200)
        assert device.exchanges.succeeded == len(hub.messages)
        assert device.exchanges.failed > 0
        assert device.exchanges.last_message == json.loads(
            hub.bodies[-1].partition(b"\n")[2]
        )

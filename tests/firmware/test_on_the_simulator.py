"""The firmware's own files on a simulated board, with a hub that this file plays itself.

Here the parts meet that nothing else tests: `code.py`, pins, UARTs, watchdog, journal and the whole modem dialogue.
"""

from collections.abc import Iterator
import hashlib
import hmac
import json
from typing import Any

import pytest

from kickwatt_sim.board.reset import ResetReason
from kickwatt_sim.device import Device
from kickwatt_sim.internet import Answer, Request
from tests.firmware.fakes import settings

KEY = bytes(range(32))


class Hub:
    """Stores samples as docs/protocol.md says, and wants what the test wants."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.samples: dict[tuple[int, int], list[Any]] = {}
        self.on, self.order, self.lease = 0, 0, 900
        self.newest = (0, 0)

    def want(self, on: bool) -> None:
        self.on, self.order = int(on), self.order + 1

    def carry(self, request: Request) -> Answer:
        up = hmac.digest(KEY, b"kickwatt s1 up", hashlib.sha256)
        mac, _, text = request.body.partition(b"\n")
        request_mac = hmac.digest(up, b"S1 up scooter-1\n" + text, hashlib.sha256)
        assert mac == request_mac.hex().encode()
        message = json.loads(text)
        counted = (message["boot"], message["seq"])
        if counted <= self.newest:
            reply: dict[str, Any] = {"v": 1, "error": "boot", "boot": self.newest[0]}
            return self.signed(409, request_mac, reply)
        self.newest = counted
        self.messages.append(message)
        for sample in message["samples"]:
            self.samples.setdefault((message["boot"], sample[0]), sample)
        ack = max((n for boot, n in self.samples if boot == message["boot"]), default=0)
        reply = {"v": 1, "ack": ack, "time": 0, "relay": self.on, "order": self.order}
        reply |= {"lease": self.lease if self.on else 0, "interval": 30}
        return self.signed(200, request_mac, reply)

    def signed(self, status: int, request_mac: bytes, reply: dict[str, Any]) -> Answer:
        down = hmac.digest(KEY, b"kickwatt s1 down", hashlib.sha256)
        text = json.dumps(reply).encode()
        mac = hmac.digest(
            down, b"S1 down scooter-1\n" + request_mac + text, hashlib.sha256
        )
        return Answer(status, mac.hex().encode() + b"\n" + text)

    def said(self, name: str) -> Any:
        return self.messages[-1][name]


class Bench:
    """A board, its scooter and a hub."""

    def __init__(self, **changes: object) -> None:
        self.hub = Hub()
        self.device = Device(settings(**changes), carry=self.hub.carry)

    def run(self, seconds: float) -> Bench:
        self.device.run_for(seconds)
        return self

    @property
    def closed(self) -> bool:
        return self.device.outlet.relay.contact

    def charging(self, charge: float = 0.4) -> Bench:
        self.device.outlet.plug_in(charge)
        self.hub.want(True)
        self.run(120)
        assert self.closed and self.hub.said("state") == "charging"
        return self

    def press(self, seconds: float = 0.3) -> None:
        self.device.button.press(seconds)
        self.run(seconds + 0.5)

    @property
    def console(self) -> str:
        return "\n".join(self.device.console.lines)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    with made.device:
        yield made


def test_a_charge_from_plugging_in_to_the_cut_off(bench: Bench) -> None:
    bench.charging(0.6)
    for _ in range(40):
        bench.run(600)
        if not bench.closed:
            break
    assert bench.hub.said("state") == "done" and bench.hub.said("why") == "cut_off"
    assert bench.device.outlet.charge() > 0.985
    numbers = [number for boot, number in bench.hub.samples]
    assert numbers == list(range(1, len(numbers) + 1))
    energy = [sample[6] for sample in bench.hub.samples.values()]
    assert energy == sorted(energy)
    bench.hub.want(True)
    bench.run(130)
    assert bench.closed


def test_the_lease_runs_out_when_the_hub_is_gone(bench: Bench) -> None:
    bench.charging()
    bench.device.inject("reply_lost")
    bench.run(800)
    assert bench.closed
    bench.run(130)
    assert not bench.closed
    assert "(lease)" in bench.console


def test_samples_of_an_outage_arrive_once_and_in_order(bench: Bench) -> None:
    bench.charging(0.1)
    for fault in ("no_network", "reply_lost", "no_httpaction", "modem_hangs"):
        bench.device.inject(fault, lasts_s=600)
        bench.run(900)
    bench.run(2_400)
    numbers = [number for _, number in bench.hub.samples]
    assert numbers == list(range(1, len(numbers) + 1))
    assert bench.hub.said("left") == 0 and len(numbers) > 120


@pytest.mark.parametrize("reason", ["watchdog", "software", "brownout"])
def test_after_a_reset_the_relay_is_open_until_the_hub_says_so_again(
    bench: Bench, reason: str
) -> None:
    bench.charging()
    bench.device.inject("reboot", reason=reason)
    bench.run(0.1)
    assert not bench.closed
    bench.run(90)
    assert bench.closed
    assert bench.hub.said("boot") == 2 and bench.hub.said("reset") == reason


def test_three_watchdog_resets_in_a_row_keep_it_off(bench: Bench) -> None:
    bench.charging()
    for _ in range(3):
        bench.device.inject("reboot", reason="watchdog")
        bench.run(60)
    bench.run(600)
    assert not bench.closed
    assert bench.hub.said("trips") == ["resets"]
    bench.press(5.5)
    assert "trips cleared" in bench.console
    bench.hub.want(True)
    bench.run(120)
    assert bench.closed


def test_safe_mode_is_left_again_and_reported(bench: Bench) -> None:
    bench.charging()
    bench.device.board.reset(ResetReason.SOFTWARE, safe_mode="HARD_FAULT")
    bench.run(4)
    assert not bench.closed and "SafeModeReason.HARD_FAULT" in bench.console
    bench.run(60)
    assert bench.closed
    assert bench.hub.said("reset") == "safe_mode" and bench.hub.said("boot") == 2


def test_safe_mode_again_and_again_is_left_more_and_more_slowly(bench: Bench) -> None:
    bench.charging()
    waited = []
    for _ in range(4):
        bench.device.board.reset(ResetReason.BROWNOUT, safe_mode="BROWNOUT")
        boots, began = bench.device.board.boots, bench.device.world.now_s
        bench.device.run_until(
            lambda boots=boots: bench.device.board.boots == boots + 2, within_s=900
        )
        waited.append(round(bench.device.world.now_s - began, -1))
    assert waited == [10, 30, 120, 600]
    bench.run(60)
    assert bench.hub.said("trips") == ["resets"]
    assert bench.hub.said("reset") == "brownout"


def test_safe_mode_that_a_person_wants_stays(bench: Bench) -> None:
    bench.charging()
    bench.device.board.reset(ResetReason.RESET_PIN, safe_mode="USER")
    bench.run(3_600)
    assert not bench.closed and bench.device.board.boots == 2


def test_a_power_cut_in_mid_charge_resumes(bench: Bench) -> None:
    bench.charging()
    bench.device.inject("power_cut", lasts_s=300)
    bench.run(290)
    assert not bench.closed
    bench.run(120)
    assert bench.closed and bench.hub.said("reset") == "power_on"


def test_a_silent_meter_opens_the_relay_and_latches(bench: Bench) -> None:
    bench.charging()
    bench.device.inject("meter_silent", lasts_s=60)
    bench.run(7)
    assert not bench.closed
    bench.run(30)
    assert bench.hub.said("trips") == ["sensor_lost"]
    bench.run(600)
    assert not bench.closed and bench.hub.said("refused") == "trip"


def test_a_welded_contact_is_reported(bench: Bench) -> None:
    bench.charging()
    bench.device.inject("relay_welded")
    bench.hub.want(False)
    bench.run(60)
    assert bench.hub.said("trips") == ["welded"]
    assert bench.device.outlet.power_w() > 5


def test_the_button_opens_at_once_and_closes_under_the_lease(bench: Bench) -> None:
    bench.charging()
    bench.press()
    assert not bench.closed
    bench.run(60)
    assert not bench.closed and bench.hub.said("refused") == "ended"
    bench.press()
    assert bench.closed


def test_an_autonomous_board_charges_and_cuts_off_without_any_network() -> None:
    bench = Bench(AUTONOMOUS=1)
    with bench.device:
        bench.device.inject("no_network")
        bench.device.outlet.plug_in(0.95)
        bench.run(30)
        bench.press()
        assert bench.closed
        bench.run(1_000)
        bench.device.inject("reboot", reason="software")
        bench.run(30)
        assert bench.closed
        bench.run(4 * 3_600)
        assert not bench.closed
        assert bench.device.outlet.charge() > 0.98
        assert "done, relay open (cut_off)" in bench.console


def test_wrong_settings_are_explained_and_nothing_else_happens() -> None:
    bench = Bench(KEY="12", MAX_A="lots", APN=None)
    with bench.device:
        bench.run(600)
        assert not bench.closed and bench.hub.messages == []
        assert "settings.toml needs your attention" in bench.console
        assert "(there are 2)" in bench.console
        assert '"lots" is not 0.1 to 10 A' in bench.console
        assert "KICKWATT_APN is missing" in bench.console
        assert bench.console.count("Kickwatt 0.1.0") == 1  # no watchdog reset


def test_more_samples_than_fit_lose_no_energy() -> None:
    bench = Bench(SAMPLE_S=1, UPLOAD_S=10, AUTONOMOUS=1)
    with bench.device:
        bench.charging(0.2)
        bench.device.inject("no_network", lasts_s=11_000)
        bench.run(14_000)
        energy = [sample[6] for sample in bench.hub.samples.values()]
        assert energy == sorted(energy)
        assert abs(energy[-1] - bench.device.meter.energy_wh()) < 2
        numbers = [number for _, number in bench.hub.samples]
        assert numbers == sorted(numbers)
        assert 6_000 < len(numbers) < numbers[-1]
        assert bench.hub.said("left") <= 1


def test_the_console_holds_no_secret(bench: Bench) -> None:
    bench.charging()
    bench.device.inject("no_bearer", lasts_s=300)
    bench.run(900)
    assert KEY.hex() not in bench.console

"""What is sent, when, and what the answer does."""

from collections.abc import Callable, Generator
import hashlib
import hmac
import itertools
import json
from typing import Any

import pytest

from kickwatt import uplink as uplink_module
from kickwatt.config import load
from kickwatt.control import Control
from kickwatt.journal import Journal
from kickwatt.memory import Memory
from kickwatt.meter import Reading
from kickwatt.modem import ModemError
from kickwatt.queue import Queue
from kickwatt.relay import Relay
from kickwatt.uplink import Uplink
from tests.firmware.fakes import Flash, Pin, Time, settings

KEY = bytes(range(32))
UP = hmac.digest(KEY, b"kickwatt s1 up", hashlib.sha256)
DOWN = hmac.digest(KEY, b"kickwatt s1 down", hashlib.sha256)


class Hub:
    """The other end, without a modem in between: this is one to the uplink."""

    def __init__(self, time: Time) -> None:
        self.time = time
        self.messages: list[dict[str, Any]] = []
        self.at_ms: list[int] = []
        self.relay, self.order, self.lease, self.interval = 0, 0, 0, 30
        self.extra: dict[str, Any] = {}
        self.answer: Callable[[dict[str, Any]], tuple[int, dict[str, Any]]] = self.good
        self.broken: str | None = None
        self.forge = False
        self.recovered: list[int] = []
        self.takes_ms = 2_000
        self.mv: int | None = 4_010
        self.meanwhile: Callable[[], None] = lambda: None

    def good(self, message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        ack = max([sample[0] for sample in message["samples"]], default=0)
        reply = {
            "v": 1,
            "ack": ack,
            "time": 0,
            "relay": self.relay,
            "order": self.order,
        }
        return 200, reply | {
            "lease": self.lease,
            "interval": self.interval,
        } | self.extra

    # What `kickwatt.modem` describes:

    def ready(self) -> Generator[int]:
        yield 20
        if self.broken:
            raise ModemError(self.broken)

    def signal(self) -> Generator[int, None, int]:
        yield 20
        return 17

    def supply_mv(self) -> Generator[int, None, int | None]:
        yield 20
        return self.mv

    def network_time(self) -> Generator[int, None, int | None]:
        yield 20
        return 1_795_246_945

    def post(self, url: str, body: bytes) -> Generator[int, None, tuple[int, bytes]]:
        assert url == "http://hub.example:8422/s1/scooter-1"
        mac, _, text = body.partition(b"\n")
        wanted = hmac.digest(UP, b"S1 up scooter-1\n" + text, hashlib.sha256)
        assert mac == wanted.hex().encode()
        message = json.loads(text)
        self.messages.append(message)
        self.at_ms.append(self.time.ms)
        self.meanwhile()
        yield self.takes_ms
        status, reply = self.answer(message)
        reply_text = json.dumps(reply).encode()
        context = b"S1 down scooter-1\n" + wanted
        reply_mac = hmac.digest(DOWN, context + reply_text, hashlib.sha256).hex()
        if self.forge:
            reply_mac = "0" * 64
        return status, reply_mac.encode() + b"\n" + reply_text

    def recover(self, failures: int) -> Generator[int]:
        self.recovered.append(failures)
        yield 100

    def idle(self) -> None:
        pass


class Bench:
    """A board with an uplink, without meter and modem."""

    def __init__(self, time: Time, blank: bool = False, **changes: object) -> None:
        self.time = time
        self.hub = Hub(time)
        self.config = load(settings(**changes).get, [])
        flash = Flash()
        if not blank:
            Memory(Journal(flash)).start_boot("power_on")
        self.memory = Memory(Journal(flash))
        boot, reset, _ = self.memory.start_boot("power_on")
        self.pin = Pin()
        self.control = Control(
            self.config, Relay(self.pin), self.memory, False, time.ms
        )
        self.queue = Queue(256)
        self.uplink = Uplink(
            self.hub, self.control, self.queue, self.memory, self.config, boot, reset
        )
        self.task = self.uplink.run()

    def sample(self, count: int = 1) -> None:
        for _ in range(count):
            self.queue.add(self.time.ms // 1_000, False, Reading(2_300, 0, 0, 7, 0))

    def run(self, seconds: int) -> list[dict[str, Any]]:
        """Run the task, with good readings each second, and return the messages sent meanwhile."""
        before, ends = len(self.hub.messages), self.time.ms + seconds * 1_000
        while self.time.ms < ends:
            second = self.time.ms // 1_000
            self.time.ms += max(next(self.task), 10)
            if self.time.ms // 1_000 != second:
                self.control.reading(Reading(2_300, 0, 0, 7, 0), self.time.ms)
        return self.hub.messages[before:]


@pytest.fixture
def bench(time: Time, monkeypatch: pytest.MonkeyPatch) -> Bench:
    # Without the part that chance adds.
    monkeypatch.setattr("os.urandom", lambda count: bytes(count))
    return Bench(time)


def test_the_first_message_has_every_field_of_the_protocol(bench: Bench) -> None:
    bench.sample()
    bench.time.ms += 5_000
    message = bench.run(10)[0]
    assert message == {
        "v": 1,
        "boot": 2,
        "seq": 1,
        "nonce": "0000000000000000",
        "fw": "0.1.0",
        "up": 5,
        "reset": "power_on",
        "clock": 1_795_246_945,
        "csq": 17,
        "state": "off",
        "relay": 0,
        "why": "boot",
        "trips": [],
        "order": 0,
        "refused": None,
        "rev": 0,
        "left": 0,
        "supply_mv": 4_010,
        "next_s": 60,
        "samples": [[1, 5, 0, 2300, 0, 0, 7, 0]],
    }


def test_what_is_acknowledged_is_forgotten_and_nothing_else(bench: Bench) -> None:
    bench.sample(3)
    bench.hub.extra = {"ack": 2}
    bench.run(10)
    assert [sample.number for sample in bench.queue.first(9)] == [3]
    bench.hub.extra = {}
    assert [sample[0] for sample in bench.run(60)[0]["samples"]] == [3]
    assert len(bench.queue) == 0


def test_an_acknowledgement_of_what_was_never_sent_is_taken_for_what_was(
    bench: Bench,
) -> None:
    bench.sample(2)
    bench.hub.extra = {"ack": 99}
    bench.hub.meanwhile = lambda: bench.sample(1)
    bench.run(3)
    assert [sample.number for sample in bench.queue.first(9)] == [3]


def test_a_backlog_goes_out_in_messages_of_forty(bench: Bench) -> None:
    bench.sample(100)
    messages = bench.run(20)
    assert [len(message["samples"]) for message in messages[:3]] == [40, 40, 20]
    assert [message["left"] for message in messages[:3]] == [60, 20, 0]
    assert [message["seq"] for message in messages[:3]] == [1, 2, 3]


def test_a_message_of_forty_fits_the_protocol_and_the_modem(bench: Bench) -> None:
    for _ in range(100):
        bench.queue.add(0, True, Reading(5_000, 100_000, 250_000, 2**31 - 1, 100))
    bench.run(5)
    assert len(json.dumps(bench.hub.messages[0])) < 4_096


# ---------------------------------------------------------------------- when


def gaps(bench: Bench) -> list[int]:
    at = bench.hub.at_ms
    return [(b - a) // 1_000 for a, b in itertools.pairwise(at)]


def test_idle_it_reports_at_the_owners_interval(bench: Bench) -> None:
    bench.run(600)
    assert set(gaps(bench)) == {62}


def test_when_nothing_changes_it_reports_rarely_and_says_so(bench: Bench) -> None:
    """After half an hour, until the next change; not with the relay closed."""
    bench.run(1_800)
    messages = bench.run(1_200)
    assert set(gaps(bench)[-3:]) == {302}
    assert {message["next_s"] for message in messages[1:]} == {300}
    bench.uplink.hurry()
    assert [message["next_s"] for message in bench.run(130)] == [60, 60, 60]
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 1, 900
    bench.run(3_000)
    assert bench.control.closed
    assert set(gaps(bench)[-3:]) == {62}


def test_charging_it_reports_at_the_hubs_interval(bench: Bench) -> None:
    bench.hub.relay, bench.hub.order, bench.hub.lease, bench.hub.interval = (
        1,
        1,
        900,
        20,
    )
    bench.run(90)
    bench.control.charge.charging = True
    bench.run(62)
    bench.hub.at_ms.clear()
    for _ in range(200):
        bench.control.charge.charging = True
        bench.run(1)
    assert set(gaps(bench)) == {22}


def test_a_short_lease_is_renewed_in_time(bench: Bench) -> None:
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 1, 45
    bench.run(600)
    assert bench.control.closed
    assert max(gaps(bench)[3:]) <= 18
    assert len(bench.pin.levels) == 2


def test_news_go_out_at_once(bench: Bench) -> None:
    bench.run(20)
    bench.hub.at_ms.clear()
    bench.uplink.hurry()
    began = bench.time.ms
    bench.run(5)
    assert bench.hub.at_ms[0] - began < 2_000


def test_news_during_a_message_go_out_after_it(bench: Bench) -> None:
    bench.hub.meanwhile = bench.uplink.hurry
    bench.run(3)
    bench.hub.meanwhile = lambda: None
    assert len(bench.run(10)) == 1
    assert len(bench.run(50)) == 0


def test_news_do_not_wait_for_a_back_off_but_try_only_once(bench: Bench) -> None:
    bench.hub.broken = "no network"
    bench.run(1_000)
    tried = len(bench.hub.recovered)
    bench.uplink.hurry()
    bench.run(10)
    assert len(bench.hub.recovered) == tried + 1
    bench.run(200)
    assert len(bench.hub.recovered) == tried + 1


def test_failures_back_off_and_climb_the_ladder(bench: Bench) -> None:
    bench.hub.broken = "no network"
    at = []
    for _ in range(4_000):
        before = len(bench.hub.recovered)
        bench.run(1)
        if len(bench.hub.recovered) > before:
            at.append(bench.time.ms // 1_000)
    steps = [b - a for a, b in itertools.pairwise(at)]
    assert [
        min((5, 15, 60, 300, 900), key=lambda step: abs(step - found))
        for found in steps[:6]
    ] == [5, 15, 60, 300, 900, 900]
    assert bench.hub.recovered == list(range(1, len(at) + 1))


# ---------------------------------------------------------------------- answers


def refusing(**reply: object) -> Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]:
    return lambda _: (409, {"v": 1, **reply})


def test_a_reply_that_does_not_verify_changes_nothing(bench: Bench) -> None:
    bench.sample(2)
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 1, 900
    bench.hub.forge = True
    bench.run(100)
    assert len(bench.queue) == 2
    assert bench.control.orders.id == 0 and not bench.control.closed
    assert bench.hub.recovered == []  # the modem did its work


def test_the_status_does_not_matter_the_signature_does(bench: Bench) -> None:
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 4, 900
    bench.hub.answer = lambda message: (503, bench.hub.good(message)[1])
    bench.run(20)
    assert bench.control.orders.id == 4


def test_a_lost_boot_counter_goes_on_behind_the_hubs(bench: Bench) -> None:
    bench.sample(2)
    bench.hub.answer = refusing(error="boot", boot=19)
    bench.run(3)
    bench.hub.answer = bench.hub.good
    message = bench.run(8)[0]
    assert (message["boot"], message["seq"]) == (20, 1)
    assert [sample[0] for sample in message["samples"]] == [1, 2]
    assert bench.memory.start_boot("power_on")[0] == 21


def test_the_boot_counter_never_goes_back(bench: Bench) -> None:
    bench.hub.answer = refusing(error="boot", boot=1)
    bench.run(3)
    bench.hub.answer = bench.hub.good
    assert bench.run(8)[0]["boot"] == 3


def test_an_interval_of_nothing_is_five_seconds(bench: Bench) -> None:
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 1, 900
    bench.hub.interval, bench.hub.takes_ms = 1, 500
    bench.run(90)
    bench.hub.at_ms.clear()
    for _ in range(60):
        bench.control.charge.charging = True
        bench.run(1)
    assert min(gaps(bench)) >= 5


def test_a_board_that_lost_its_memory_does_not_obey_a_standing_order(
    time: Time,
) -> None:
    bench = Bench(time, blank=True)
    bench.hub.answer = refusing(error="boot", boot=19)
    bench.run(3)
    bench.hub.answer = bench.hub.good
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 7, 900
    bench.run(60)
    assert not bench.control.closed and bench.control.refused == "ended"
    bench.hub.order = 8
    bench.run(130)
    assert bench.control.closed


def test_a_new_board_obeys_at_once(time: Time) -> None:
    bench = Bench(time, blank=True)
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 7, 900
    bench.run(60)
    assert bench.control.closed


def test_a_rejected_sample_is_dropped_and_the_rest_sent_again(bench: Bench) -> None:
    bench.sample(3)
    bench.hub.answer = refusing(
        error="sample", number=2, field="voltage_dv", message="m"
    )
    bench.run(3)
    bench.hub.answer = bench.hub.good
    assert [sample[0] for sample in bench.run(10)[0]["samples"]] == [1, 3]
    assert len(bench.queue) == 0


@pytest.mark.parametrize(
    "reply",
    [
        {"error": "message", "field": "csq", "message": "m"},
        {"error": "sample", "number": 77},
        {"error": "sample", "number": "x"},
        {"error": "boot", "boot": 0},
        {"error": "boot", "boot": 2**31},
        {"error": "boot", "boot": True},
        {"error": "something new"},
        {"error": 5},
        {"ack": "1"},
        {"ack": 1, "relay": 2, "order": 1, "lease": 1, "interval": 1},
        {"ack": 1, "relay": 1, "order": 1.0, "lease": 1, "interval": 1},
        {"ack": 1, "relay": 1, "order": 1, "lease": -1, "interval": 1},
        {},
    ],
)
def test_every_other_answer_only_backs_off(
    bench: Bench, reply: dict[str, object]
) -> None:
    bench.sample(2)
    bench.hub.answer = lambda _: (422, {"v": 1, **reply})
    assert len(bench.run(12)) == 2
    assert len(bench.queue) == 2
    assert bench.control.orders.id == 0
    assert bench.hub.recovered == []


SETTINGS = {
    "rev": 2,
    "cutoff_dw": 200,
    "hold_s": 400,
    "max_s": 7_200,
    "max_wh": 500,
    "max_ma": 2_000,
}


def test_settings_are_taken_and_their_revision_reported(bench: Bench) -> None:
    bench.hub.extra = {"settings": SETTINGS}
    bench.run(10)
    limits = bench.control.guard.limits
    assert vars(limits) == SETTINGS | {"rule": "robust", "balance_s": 0}
    bench.hub.extra = {}
    assert bench.run(60)[0]["rev"] == 2


def test_the_rule_and_the_balancing_time_come_with_the_settings(bench: Bench) -> None:
    bench.hub.extra = {"settings": SETTINGS | {"rule": "threshold", "balance_s": 1_800}}
    bench.run(10)
    limits = bench.control.guard.limits
    assert (limits.rule, limits.balance_s) == ("threshold", 1_800)


@pytest.mark.parametrize(
    "wrong",
    [
        {"settings": SETTINGS | {"max_ma": 99_999}},
        {"settings": SETTINGS | {"rule": "plain"}},
        {"settings": SETTINGS | {"rule": 1}},
        {"settings": SETTINGS | {"balance_s": -1}},
        {"settings": SETTINGS | {"balance_s": "1800"}},
        {"settings": {"rev": 3}},
        {"settings": 5},
    ],
)
def test_settings_out_of_bounds_are_not_taken(
    bench: Bench, wrong: dict[str, Any]
) -> None:
    bench.hub.extra = wrong
    assert bench.run(70)[-1]["rev"] == 0
    assert bench.control.guard.limits.max_ma == 3_000


def test_the_lease_runs_from_the_sealing_of_the_request(bench: Bench) -> None:
    bench.run(30)
    bench.hub.relay, bench.hub.order, bench.hub.lease = 1, 1, 100
    bench.hub.takes_ms = 40_000
    bench.hub.at_ms.clear()
    bench.run(90)
    bench.hub.broken = "out of coverage"
    sealed = bench.hub.at_ms[-1]
    while bench.control.closed:
        bench.run(1)
        bench.control.tick(bench.time.ms)
    assert 100_000 <= bench.time.ms - sealed <= 102_000


def test_a_mistake_in_the_network_part_does_not_end_the_task(bench: Bench) -> None:
    def mistake(_message: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        raise ZeroDivisionError("a bug")

    bench.hub.answer = mistake
    bench.run(10)
    bench.hub.answer = bench.hub.good
    assert len(bench.run(60)) >= 1


def test_nothing_secret_is_printed(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    bench.sample(2)
    bench.run(100)
    bench.hub.broken = "no network"
    bench.run(100)
    said = capsys.readouterr().out
    assert "upload 1: 2 acknowledged, 0 left" in said
    assert "upload failed: modem: no network; again in 5 s" in said
    assert KEY.hex() not in said
    assert uplink_module.__version__ == "0.1.0"


def test_a_restart_waits_until_nothing_waits_to_be_sent(bench: Bench) -> None:
    bench.run(5)
    bench.sample(60)
    bench.hub.order = 1
    bench.hub.extra = {"do": "restart"}
    while len(bench.hub.messages) < 2:
        bench.run(1)
        assert not bench.uplink.restart
    bench.run(5)
    assert bench.hub.messages[1]["left"] == 20
    assert bench.uplink.restart
    assert len(bench.queue) == 0

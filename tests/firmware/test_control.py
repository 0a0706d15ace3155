"""Who wins: orders, leases, the guard, the end of a charge, the button, and resets at any moment."""

from dataclasses import dataclass, field

from hypothesis import given, settings as hypothesis_settings, strategies as st
import pytest

from kickwatt.config import Limits, load
from kickwatt.control import Control
from kickwatt.journal import Journal
from kickwatt.memory import Memory
from kickwatt.meter import Reading
from kickwatt.relay import Relay
from tests.firmware.fakes import Flash, Pin, PowerFailed, settings


class Board:
    """A control with its memory, fed once a second; it can be reset at any time."""

    def __init__(self, **changes: object) -> None:
        self.flash = Flash()
        self.config = load(settings(**changes).get, [])
        assert self.config.problems == []
        self.ms = 1_000_000
        self.wh = 5_000.0
        self.power_dw = 0
        self.welded = False
        self.pin = Pin()
        self.control = self.reset()

    def reset(self, too_many: bool = False) -> Control:
        self.pin = Pin()
        memory = Memory(Journal(self.flash))
        self.control = Control(self.config, Relay(self.pin), memory, too_many, self.ms)
        return self.control

    def run(self, seconds: int, power_dw: int | None = None, **bent: int) -> Board:
        """Let time pass with a load of `power_dw` behind the relay; `bent` changes what the meter says."""
        if power_dw is not None:
            self.power_dw = power_dw
        for _ in range(seconds):
            self.ms += 1_000
            load_dw = self.power_dw if self.control.closed or self.welded else 0
            self.wh += load_dw / 36_000
            values = {
                "voltage_dv": 2_300,
                "current_ma": load_dw * 1_000 // 1_300,
                "power_dw": load_dw,
            }
            self.control.reading(
                Reading(**values | {"energy_wh": int(self.wh), "factor_c": 57} | bent),
                self.ms,
            )
        return self

    def silent(self, seconds: int) -> Board:
        for _ in range(seconds * 5):
            self.ms += 200
            self.control.tick(self.ms)
        return self

    def reply(self, order: int, on: bool = True, lease: int = 900) -> Board:
        self.control.reply(order, on, lease if on else 0, self.ms, self.ms)
        return self

    @property
    def says(self) -> tuple[str, int, str, str | None]:
        """State, relay, why and refused, as a message reports them."""
        control = self.control
        assert self.pin.value is control.closed
        return control.state, int(control.closed), control.why, control.refused


def board(**changes: object) -> Board:
    return Board(**changes).run(15)


def test_a_new_board_is_off() -> None:
    assert board().says == ("off", 0, "boot", None)


# ---------------------------------------------------------------------- orders


def test_an_order_closes_and_its_opposite_opens() -> None:
    it = board().reply(1)
    assert it.says == ("idle", 1, "order", None)
    assert it.run(60, 900).says == ("charging", 1, "order", None)
    assert it.reply(2, on=False).says == ("off", 0, "order", None)


def test_an_order_before_the_first_reading_waits_for_it() -> None:
    it = Board()
    assert it.reply(1).says == ("off", 0, "boot", "sensor")
    assert it.run(5).says == ("off", 0, "boot", "flapping")
    assert it.run(6).says == ("idle", 1, "order", None)


def test_without_a_reply_the_lease_runs_out() -> None:
    it = board().reply(1, lease=120).run(119, 900)
    assert it.says == ("charging", 1, "order", None)
    assert it.run(1).says == ("off", 0, "lease", None)
    assert it.run(3_600).says == ("off", 0, "lease", None)


def test_the_same_order_closes_again_after_a_lost_lease() -> None:
    it = board().reply(1, lease=60).run(100, 900)
    assert it.says == ("off", 0, "lease", None)
    assert it.reply(1, lease=60).says == ("idle", 1, "order", None)


def test_the_same_order_closes_again_after_a_restart_with_what_is_left() -> None:
    it = board(MAX_HOURS=2).reply(1, lease=60_000).run(3_600, 900)
    it.reset()
    assert it.run(60).says == ("off", 0, "boot", None)
    assert it.reply(1, lease=60_000).says == ("idle", 1, "order", None)
    it.run(3_000, 900)
    assert it.says == ("charging", 1, "order", None)
    assert it.run(700).says == ("tripped", 0, "trip", None)
    assert it.control.trips == ["session_time"]


def test_energy_is_counted_across_restarts_too() -> None:
    it = board(MAX_WH=100).reply(1, lease=60_000)
    for _ in range(8):
        it.run(600, 900)
        it.reset()
        it.run(20).reply(1, lease=60_000)
    assert it.control.trips == ["session_energy"]
    assert 100 <= it.wh - 5_000 <= 101


def test_resets_in_quick_succession_win_no_time() -> None:
    it = board(MAX_HOURS=1).reply(1, lease=60_000)
    closed = 0
    for _ in range(200):
        before = it.ms
        it.run(60, 900)
        closed += (it.ms - before) // 1_000 if it.control.closed else 0
        it.reset()
        it.run(15).reply(1, lease=60_000)
    assert it.says[0] == "off"
    assert closed <= 3_660


def test_a_session_without_a_budget_does_not_even_close() -> None:
    it = board(MAX_HOURS=1).reply(1, lease=60_000)
    it.run(600, 900)
    for _ in range(20):
        it.reset()
        it.run(15).reply(1, lease=60_000)
    it.run(60)
    assert it.control.trips == ["session_time"]
    assert it.pin.levels == [False]


def test_a_new_order_has_the_whole_budget() -> None:
    it = (
        board(MAX_HOURS=1).reply(1, lease=60_000).run(3_000, 900).reply(2, lease=60_000)
    )
    assert it.run(3_500).says == ("charging", 1, "order", None)
    assert it.run(200).control.trips == ["session_time"]


# ---------------------------------------------------------------------- the end of a charge


def charged(it: Board) -> Board:
    return it.reply(1, lease=60_000).run(600, 900).run(560, 20)


def test_a_full_scooter_is_cut_off_and_stays_off() -> None:
    it = charged(board())
    assert it.says == ("done", 0, "cut_off", None)
    assert it.reply(1).says == ("done", 0, "cut_off", "ended")
    it.reset()
    assert it.run(60).says == ("done", 0, "cut_off", None)
    assert it.reply(1).says == ("done", 0, "cut_off", "ended")


def test_a_new_order_clears_done() -> None:
    it = charged(board()).run(15)
    assert it.reply(2).says == ("idle", 1, "order", None)
    it = charged(board()).run(15)
    assert it.reply(2, on=False).says == ("off", 0, "order", None)


def test_the_cut_off_needs_no_network() -> None:
    it = board(AUTONOMOUS=1).reply(1, lease=30).run(600, 900).run(560, 20)
    assert it.says == ("done", 0, "cut_off", None)
    it.reset()
    assert it.run(600).says == ("done", 0, "cut_off", None)


def test_a_tail_that_was_interrupted_still_ends() -> None:
    it = board().reply(1, lease=700).run(720, 903)
    assert it.says[2] == "lease"
    it.reply(1, lease=60_000).run(1_900, 21)
    assert it.says == ("done", 0, "cut_off", None)
    it = board().reply(1, lease=60_000).run(600, 903)
    it.reset()
    it.run(15).reply(1, lease=60_000).run(1_900, 21)
    assert it.says == ("done", 0, "cut_off", None)


def test_a_relay_that_waited_in_vain_opens_without_a_trip() -> None:
    it = board(MAX_HOURS=1).reply(1, lease=60_000).run(3_599, 0)
    assert it.says == ("idle", 1, "order", None)
    assert it.run(1).says == ("off", 0, "idle", None)
    assert it.reply(1).says == ("off", 0, "idle", "ended")


# ---------------------------------------------------------------------- trips


def tripped(it: Board) -> Board:
    return it.reply(1, lease=60_000).run(60, 900).run(2, current_ma=9_000)


def test_an_overload_trips_and_stays_tripped_across_resets_and_orders() -> None:
    it = tripped(board())
    assert it.says == ("tripped", 0, "trip", None)
    assert it.control.trips == ["over_current"]
    assert it.reply(1).says == ("tripped", 0, "trip", "trip")
    it.reset()
    assert it.run(60).says == ("tripped", 0, "trip", None)
    assert it.reply(2).says == ("tripped", 0, "trip", "trip")
    assert it.run(600).says == ("tripped", 0, "trip", "trip")


def test_clearing_a_trip_closes_nothing_by_itself() -> None:
    it = tripped(board()).run(20).reply(2)
    assert it.control.hold(it.ms) == "trips cleared"
    assert it.run(60).says == ("off", 0, "trip", "trip")
    assert it.reply(2).says == ("off", 0, "trip", "ended")
    it.reset()
    assert it.run(60).reply(2).says == ("off", 0, "trip", "ended")
    assert it.reply(3).says == ("idle", 1, "order", None)


def test_a_silent_meter_opens_the_relay_within_five_seconds() -> None:
    it = board().reply(1).run(60, 900)
    began = it.ms
    while it.control.closed:
        it.silent(1)
    assert it.ms - began <= 5_200
    assert it.control.trips == ["sensor_lost"]


def test_a_welded_relay_is_found() -> None:
    it = board().reply(1).run(60, 900).reply(2, on=False)
    it.run(20)
    assert it.says == ("off", 0, "order", None)
    it.welded = True
    assert it.run(20).says == ("tripped", 0, "trip", None)
    assert it.control.trips == ["welded"]


def test_too_many_resets_trip() -> None:
    it = board()
    it.reset(too_many=True)
    assert it.run(20).reply(1).says == ("tripped", 0, "trip", "trip")
    it.reset()
    assert it.control.trips == ["resets"]


def test_flapping_trips() -> None:
    it = board()
    for order in range(1, 40):
        it.reply(order, on=order % 2 == 1, lease=60_000).run(15)
    assert it.control.trips == ["flapping"]
    assert len(it.pin.levels) == 1 + 12 * 2


# ---------------------------------------------------------------------- the button


def press(it: Board) -> str:
    return it.control.press(it.ms)


def test_the_button_opens_and_the_same_order_does_not_close_again() -> None:
    it = board().reply(1).run(60, 900)
    assert press(it) == "off"
    assert it.says == ("off", 0, "button", None)
    assert it.run(60).reply(1).says == ("off", 0, "button", "ended")


def test_the_button_closes_under_a_running_lease() -> None:
    it = board().reply(1, lease=900).run(60, 900)
    press(it)
    it.run(15)
    assert press(it) == "on"
    assert it.says == ("idle", 1, "button", None)
    assert it.run(60, 900).reply(1).says == ("charging", 1, "button", None)
    assert it.run(901).says == ("off", 0, "lease", None)


def test_the_button_alone_closes_nothing() -> None:
    it = board()
    assert press(it) == "stays off: no lease from the hub"
    it.reply(1, on=False)
    assert press(it) == "stays off: no lease from the hub"


def test_on_an_autonomous_board_the_button_is_enough() -> None:
    it = board(AUTONOMOUS=1)
    assert press(it) == "on"
    assert it.run(90_000, 0).says == ("off", 0, "idle", None)
    assert press(it) == "on"
    assert it.reply(1, on=False).says == ("off", 0, "order", None)


def test_an_autonomous_board_goes_on_after_a_restart() -> None:
    it = board(AUTONOMOUS=1).reply(1, lease=30).run(600, 900)
    it.reset()
    assert it.run(20).says == ("charging", 1, "order", None)
    it = board(AUTONOMOUS=1)
    press(it)
    it.run(60, 900).reset()
    assert it.run(20).says[1] == 1


def test_the_button_cannot_overrule_the_guard() -> None:
    it = tripped(board(AUTONOMOUS=1)).run(20)
    assert press(it) == "stays off: trip"
    it.control.hold(it.ms)
    assert press(it) == "on"
    press(it)
    assert press(it) == "stays off: flapping"
    it.run(15).silent(10)
    assert press(it) == "stays off: sensor"


def test_a_press_after_done_charges_once_more() -> None:
    it = charged(board()).run(15)
    assert press(it) == "on"
    assert it.run(600, 900).run(560, 20).says == ("done", 0, "cut_off", None)


# ---------------------------------------------------------------------- settings and lost memory


def test_settings_of_the_hub_rule_and_outlive_a_reset() -> None:
    it = board()
    it.control.set_limits(Limits(5, 500, 60, 7_200, 100, 2_000, "threshold"))
    assert it.control.rev == 5
    it.reset()
    assert it.control.rev == 5
    it.run(15).reply(1, lease=60_000).run(600, 900).run(70, 450)
    assert it.says == ("done", 0, "cut_off", None)


def test_a_board_that_lost_its_memory_obeys_only_the_next_order() -> None:
    it = board()
    it.control.forgotten()
    assert it.reply(7).says == ("off", 0, "boot", "ended")
    assert it.run(60).reply(7).says == ("off", 0, "boot", "ended")
    assert it.reply(8).says == ("idle", 1, "order", None)


# ---------------------------------------------------------------------- whatever happens


@dataclass
class Watcher:
    """Knows the rules from docs/protocol.md, and none of the firmware's code."""

    lease_until: int = 0
    last_good: int = -(10**9)
    latched: set[str] = field(default_factory=set)
    ended: set[int] = field(default_factory=set)
    order: int = 0
    on: bool = False
    opened: int = 0


events = st.lists(
    st.one_of(
        st.tuples(st.just("run"), st.integers(1, 400)),
        st.tuples(st.just("silent"), st.integers(1, 12)),
        st.tuples(
            st.just("load"), st.sampled_from([0, 15, 60, 150, 900, 4_000, 9_000])
        ),
        st.tuples(st.just("order"), st.integers(0, 1)),
        st.tuples(st.just("again"), st.sampled_from([30, 120, 900])),
        st.tuples(st.just("press"), st.just(0)),
        st.tuples(st.just("hold"), st.just(0)),
        st.tuples(st.just("reset"), st.just(0)),
        st.tuples(st.just("cut"), st.integers(0, 60)),
    ),
    max_size=40,
)


@given(events)
@hypothesis_settings(max_examples=200)
def test_the_relay_is_never_closed_outside_its_rules(
    happens: list[tuple[str, int]],
) -> None:
    it, watcher = Board(), Watcher()

    def check() -> None:
        control = it.control
        assert it.pin.value is control.closed
        if watcher.latched - set(control.trips):
            raise AssertionError("a trip was lost")
        watcher.latched = set(control.trips)
        if not control.closed:
            return
        assert not control.trips
        assert it.ms < watcher.lease_until
        assert it.ms - watcher.last_good < 5_200
        assert watcher.on
        assert watcher.order not in watcher.ended
        assert control.session.closed_ms(it.ms) <= control.guard.limits.max_s * 1_000
        assert control.session.spent_wh <= control.guard.limits.max_wh

    for event, value in happens:
        if event == "run":
            for _ in range(value):
                was = it.control.closed
                watcher.last_good = it.ms + 1_000
                it.run(1)
                if (
                    was
                    and it.control.why in ("cut_off", "trip")
                    and not it.control.closed
                ):
                    watcher.ended.add(watcher.order)
                check()
        elif event == "silent":
            it.silent(value)
            if it.control.trips:
                watcher.ended.add(watcher.order)
        elif event == "load":
            it.power_dw = value
        elif event == "order":
            watcher.order += 1
            watcher.on = value == 1
            watcher.lease_until = it.ms + 600_000 if value else 0
            it.reply(watcher.order, on=watcher.on, lease=600)
        elif event == "again" and watcher.on:
            watcher.lease_until = it.ms + value * 1_000
            it.reply(watcher.order, lease=value)
        elif event == "press":
            was = it.control.closed
            if it.control.press(it.ms) == "on":
                watcher.ended.discard(watcher.order)
            elif was:
                watcher.ended.add(watcher.order)
        elif event == "hold":
            it.control.hold(it.ms)
            watcher.latched = set()
        elif event == "reset":
            it.reset()
            watcher.lease_until = 0
        elif event == "cut":
            it.flash.lasts = value
            try:
                it.run(30)
                it.reply(watcher.order, on=watcher.on, lease=600)
                it.run(30)
            except PowerFailed:
                pass
            it.flash.lasts = None
            it.reset()
            watcher.lease_until = 0
            watcher.latched = set(it.control.trips)
            if it.control.orders.ended:
                watcher.ended.add(watcher.order)
        check()


# ---------------------------------------------------------------------- what is written down, and when


def test_what_ended_is_known_after_a_reset_even_if_nobody_asked_in_between() -> None:
    it = charged(board())
    it.reset()
    assert it.says == ("done", 0, "cut_off", None)
    it = tripped(board())
    it.reset()
    it.control.hold(it.ms)
    assert it.run(60).reply(1).says == ("off", 0, "trip", "ended")


def test_the_last_order_is_reported_after_a_reset() -> None:
    it = board().reply(5, on=False)
    it.reset()
    assert it.control.orders.id == 5


def test_only_time_with_the_relay_closed_is_spent() -> None:
    it = board().reply(1, lease=100).run(100, 900)
    assert it.says == ("off", 0, "lease", None)
    assert it.run(3_600).control.session.closed_ms(it.ms) == 100_000
    it.reply(1, lease=100).run(50)
    assert it.control.session.closed_ms(it.ms) == 150_000


def test_after_an_orderly_opening_the_time_is_known_to_the_second() -> None:
    it = board().reply(1, lease=100).run(130, 900)
    it.reset()
    assert it.control.session.closed_ms(it.ms) == 100_000


def test_while_closed_what_is_written_is_always_ahead_of_the_time() -> None:
    it = board().reply(1, lease=60_000).run(3_550, 900)
    it.reset()
    assert 3_550_000 <= it.control.session.closed_ms(it.ms) <= 3_850_000


@pytest.mark.parametrize("seconds", [90, 150, 200, 400])
def test_a_charge_that_was_just_armed_is_so_after_a_reset(seconds: int) -> None:
    it = board().reply(1, lease=60_000).run(seconds, 903)
    it.reset()
    it.run(15).reply(1, lease=60_000).run(1_900, 21)
    assert it.says == ("done", 0, "cut_off", None)


def test_energy_before_a_quick_reset_is_counted_too() -> None:
    """The record at closing knows no reading yet; what flows until the next one must not be forgotten."""
    it = board(KICKWATT_MAX_WH="30").reply(1).run(12)
    for _ in range(3):
        it.run(40, 3_600)  # 4 Wh
        it.reset()
        it.run(15, 0).reply(1).run(1)
    assert it.control.session.spent_wh >= 10


def test_a_whole_charge_writes_little() -> None:
    it = board()
    memory = Journal(it.flash).free
    it.reply(1, lease=60_000).run(4 * 3_600, 900).run(560, 20)
    assert it.says[0] == "done"
    assert memory - Journal(it.flash).free <= 60


def test_a_new_order_under_a_closed_relay_arms_anew() -> None:
    it = board().reply(1, lease=60_000).run(600, 900).reply(2, lease=60_000)
    it.run(400, 20)
    assert it.says == ("idle", 1, "order", None)


def test_a_person_who_clears_too_many_resets_clears_their_count_too() -> None:
    it = board()
    for _ in range(3):
        Memory(Journal(it.flash)).start_boot("watchdog")
    it.reset(too_many=True)
    it.control.hold(it.ms)
    assert Memory(Journal(it.flash)).start_boot("watchdog")[2] is False


def test_settings_of_the_hub_rule_at_once() -> None:
    it = board().reply(1, lease=60_000).run(600, 900)
    it.control.set_limits(Limits(5, 500, 60, 7_200, 2_000, 3_000, "threshold"))
    assert it.run(70, 450).says == ("done", 0, "cut_off", None)


def test_flapping_outlives_a_reset() -> None:
    it = board()
    for order in range(1, 40):
        it.reply(order, on=order % 2 == 1, lease=60_000).run(15)
    it.reset()
    assert it.run(20).says == ("tripped", 0, "trip", None)


def test_an_order_to_open_is_never_refused() -> None:
    it = tripped(board()).reply(2)
    assert it.control.refused == "trip"
    assert it.reply(3, on=False).control.refused is None


# ---------------------------------------------------------------------- what an order has done besides


def latched(**changes: object) -> Board:
    it = board(**changes).reply(1).run(5, 900).run(5, current_ma=9_000)
    assert it.control.trips == ["over_current"]
    return it.run(20)


def do(it: Board, order: int, what: object, on: bool = False) -> Board:
    it.control.reply(order, on, 900 if on else 0, it.ms, it.ms, what)
    return it


def test_a_trip_is_not_cleared_from_afar_unless_the_owner_allowed_it() -> None:
    it = do(latched(), 2, "clear")
    assert it.says == ("tripped", 0, "order", "remote")
    it.reset()
    assert it.control.trips == ["over_current"]


def test_an_owner_can_allow_a_trip_to_be_cleared_from_afar_and_it_stays_cleared() -> (
    None
):
    it = do(latched(REMOTE_CLEAR=1), 2, "clear")
    assert it.says == ("off", 0, "order", None)
    it.reset()
    assert it.control.trips == []


def test_after_a_clear_from_afar_only_a_new_order_closes_the_relay() -> None:
    it = do(latched(REMOTE_CLEAR=1), 2, "clear").run(60)
    assert it.reply(2, on=False).run(60).says == ("off", 0, "order", None)
    assert it.reply(3).says == ("idle", 1, "order", None)


def test_welded_contacts_are_never_cleared_from_afar() -> None:
    it = board(REMOTE_CLEAR=1).reply(1).run(30, 900)
    it.welded = True
    it.reply(2, on=False).run(60)
    assert it.control.trips == ["welded"]
    it.welded = False
    assert do(it.run(5), 3, "clear").says == ("tripped", 0, "order", "remote")
    it.control.hold(it.ms)
    assert it.control.trips == []


@pytest.mark.parametrize("what", ["open", "", 1, None, ["clear"], {"clear": 1}])
def test_a_board_does_nothing_that_it_does_not_know(what: object) -> None:
    it = do(latched(REMOTE_CLEAR=1), 2, what)
    assert it.control.trips == ["over_current"]
    assert not it.control.restart


@pytest.mark.parametrize("what", ["clear", "restart"])
def test_what_an_order_has_done_is_done_once_and_never_with_power_on(what: str) -> None:
    it = latched(REMOTE_CLEAR=1)
    do(it, 1, what)  # an order that is known
    do(it, 2, what, on=True)
    assert it.control.trips == ["over_current"]
    assert not it.control.restart


def test_a_restart_opens_the_relay_first() -> None:
    it = do(board().reply(1).run(30, 900), 2, "restart")
    assert it.control.restart
    assert it.says == ("off", 0, "order", None)


def test_a_clear_with_nothing_to_clear_is_an_order_for_off() -> None:
    assert do(board().reply(1).run(30, 900), 2, "clear").says == (
        "off",
        0,
        "order",
        None,
    )

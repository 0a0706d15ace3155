"""The robust end of a charge: the hub's figures, the hub's ends, and what charges do to a rule."""

from dataclasses import replace

from hypothesis import given, settings, strategies as st
import pytest

from benchmarks.charging.ends import cuts
from kickwatt import charge, robust, tail, threshold
from kickwatt.learned import Learned
from kickwatt_hub.charging import rule
from kickwatt_sim.charges import (
    EVALUATION,
    Charge as Made,
    charge as make_charge,
    cycler_charge,
    outlet,
)
from tests.firmware.evaluate import cut, limits, seen_by_a_board, taught

# --- the same figures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("boards", "hubs"),
    [
        (tail.SLOT_S, rule.SLOT_S),
        (robust.REST_SLOTS, rule.REST_SLOTS),
        (robust.WATCHED_SLOTS, rule.WATCHED_SLOTS),
        (robust.UNKNOWN_IDLE_MW, rule.UNKNOWN_IDLE_W * 1000),
        (robust.IDLE_MARGIN_MW, rule.IDLE_MARGIN_W * 1000),
        (robust.LOW_SHARE, rule.LOW_SHARE * 1000),
        (robust.LOW_SHARE_MOST, rule.LOW_SHARE_MOST * 1000),
        (robust.RERISE_SHARE, rule.RERISE_SHARE * 1000),
        (robust.LEFT_SHARE, rule.LEFT_SHARE * 1000),
        (robust.TAIL_SLOWER, rule.TAIL_SLOWER * 1000),
        (robust.TAU_LEAST_S, rule.TAU_LEAST_S),
        (robust.TAU_MOST_S, rule.TAU_MOST_S),
        (robust.FLAT_MW_PER_MIN, rule.FLAT_W_PER_MIN * 1000),
        (robust.LEAST_RISE_MW, rule.LEAST_RISE_W * 1000),
        (robust.DROP_MW, rule.DROP_W * 1000),
        (robust.DROP_STEPS, rule.DROP_STEPS * 1000),
        *zip(
            robust.COARSE_STEPS_MW,
            (step_w * 1000 for step_w in rule.COARSE_STEPS_W),
            strict=True,
        ),
        (robust.STUCK_S, rule.STUCK_S),
        (robust.STUCK_MOST_S, rule.STUCK_MOST_S),
        (robust.AT_REST_MW, rule.AT_REST_W * 1000),
        (robust.NOTHING_MW, rule.NOTHING_W * 1000),
        (robust.PLATEAU_SLOTS, rule.PLATEAU_SLOTS),
        (threshold.Threshold(1_000, 300, 0).arm_dw, rule.THRESHOLD_ARMS_AT * 1_000),
        (robust.FIRST_HOLD_S, rule.DetectorSettings().first_hold_s),
        (robust.ARM_MW, rule.DetectorSettings().arm_w * 1000),
        (charge.ARM_MS, rule.DetectorSettings().arm_s * 1000),
        (charge.ARM_WH, rule.DetectorSettings().arm_wh),
    ],
)
def test_board_and_hub_decide_by_the_same_figures(boards: int, hubs: float) -> None:
    assert boards == pytest.approx(hubs)


def test_board_and_hub_see_the_same_ends() -> None:
    apart_s = []
    for seed in range(EVALUATION, EVALUATION + 24):
        made = seen_by_a_board(seed)
        hubs = cuts(made, rule.DetectorSettings())[0].decided_ms / 1000
        boards = cut(made, Learned()).at_s
        assert boards is not None
        apart_s.append(abs(boards - hubs))
        # Where they differ, neither may be too early.
        assert made.undelivered(min(boards, hubs)) <= 0.01
    within = [apart for apart in apart_s if apart <= 2 * rule.SLOT_S]
    # Their half minutes begin at other seconds: where a tail is at the edge of the rule, one waits for its next look.
    assert len(within) >= 5 / 6 * len(apart_s)


# --- what charges do -----------------------------------------------------------------------------------------------------


def end(made: Made, learned: Learned | None = None, **how: float) -> float:
    """Return how many minutes after the true end the board cut; it must not have withheld anything worth a name."""
    done = cut(made, learned or Learned(), **how)  # type: ignore[arg-type]
    assert done.at_s is not None, "never cut"
    assert made.undelivered(done.at_s) <= 0.01
    return (done.at_s - made.end_s) / 60


@pytest.mark.parametrize("fault", ["dip", "swap", "sag", "taper", "rerise", "spikes"])
@pytest.mark.parametrize("seed", [EVALUATION + 3, EVALUATION + 18])
def test_no_dip_taper_or_rerise_ends_a_charge(seed: int, fault: str) -> None:
    assert end(seen_by_a_board(seed, fault)) < 31


@pytest.mark.parametrize("idle_w", [0.2, 0.8, 2.0, 5.0, 8.0, 12.0])
@pytest.mark.parametrize("resolution_w", [0.1, 0.5])
@pytest.mark.parametrize("ends_at", [0.0, 0.05])
def test_the_idle_draw_need_not_be_known(
    idle_w: float, resolution_w: float, ends_at: float
) -> None:
    made = outlet(EVALUATION, interval_s=5, on_change=False)
    made = replace(
        made,
        current_a=2.0,
        idle_w=idle_w,
        resolution_w=resolution_w,
        ends_at=ends_at,
    )
    late_min = end(
        make_charge(5, of=made, fault="none", temperature_c=25.0, start_soc=0.3)
    )
    assert late_min < (10 if ends_at else 31)


@pytest.mark.parametrize("resolution_w", [1.0, 2.0, 5.0])
@pytest.mark.parametrize("seed", [EVALUATION + 3, EVALUATION + 10, EVALUATION + 18])
def test_a_step_of_a_coarse_meter_is_no_end(resolution_w: float, seed: int) -> None:
    made = replace(
        outlet(seed, interval_s=5, on_change=False), resolution_w=resolution_w
    )
    assert end(make_charge(seed, of=made, fault="none")) < 90


def test_a_cold_battery_with_hours_of_constant_voltage_is_charged_to_its_end() -> None:
    made = outlet(EVALUATION + 6, interval_s=5, on_change=False)
    end(
        make_charge(
            6, of=made, fault="none", temperature_c=3.0, health=0.7, start_soc=0.1
        )
    )


@pytest.mark.parametrize("seed", range(EVALUATION, EVALUATION + 3))
def test_a_tail_as_long_as_the_charge_is_not_cut_short(seed: int) -> None:
    assert end(cycler_charge(seed)) < 31


@pytest.mark.parametrize("share", [0.2, 0.6, 0.9, 0.98])
def test_a_restart_anywhere_in_a_charge_cuts_nothing_short(share: float) -> None:
    made = seen_by_a_board(EVALUATION + 21, "none")
    at_s = made.start_s + share * (made.end_s - made.start_s)
    for learned in (Learned(), taught(EVALUATION + 21, 2)):
        assert end(made, learned, restart_at_s=at_s) < 75


def test_two_charges_teach_the_idle_draw_and_the_third_ends_sooner() -> None:
    made = outlet(EVALUATION + 2, interval_s=5, on_change=False)
    made = replace(made, idle_w=5.0, ends_at=0.1, resolution_w=0.1)
    learned = Learned()
    late_min = []
    for seed in range(3):
        assert (learned.idle_mw is None) == (seed < 2)
        done = make_charge(seed, of=made, fault="none", temperature_c=25.0)
        late_min.append(end(done, learned))
        lesson = cut(done, learned).charge.lesson()
        assert lesson is not None
        learned.add(*lesson)
    assert learned.idle_mw == pytest.approx(5_000, abs=300)
    assert late_min[2] < 6
    assert late_min[0] > 8


@pytest.mark.parametrize("idle_w", [6.0, 9.0, 12.0])
def test_another_charger_that_rests_higher_than_what_was_learned_ends_as_well(
    idle_w: float,
) -> None:
    """Below 120 W of peak, 12 W are neither below a tenth of it, nor near the 1 W that was learned."""
    learned = Learned()
    for _ in range(3):
        learned.add(96_000, 1_800, 1_000)
    made = outlet(EVALUATION, interval_s=5, on_change=False)
    made = replace(made, current_a=1.4, idle_w=idle_w, resolution_w=0.1, ends_at=0.05)
    anothers = make_charge(5, of=made, fault="none", temperature_c=25.0, start_soc=0.3)
    assert max(row.power_w for row in anothers.rows) < 120
    assert end(anothers, learned) < 10


# --- by hand -------------------------------------------------------------------------------------------------------------


class Plug:
    """Feeds the rule one reading a second."""

    def __init__(self, learned: Learned | None = None, balance_s: int = 0) -> None:
        self.charge = charge.Charge(limits(balance_s=balance_s), learned or Learned())
        self.second = 0
        self.energy_dws = 0
        self.ended: int | None = None

    def draw(self, power_dw: int, seconds: int, noise_dw: int = 1) -> Plug:
        for _ in range(seconds):
            self.second += 1
            load_dw = power_dw + (self.second % 2) * noise_dw
            self.energy_dws += load_dw
            if self.charge.reading(
                load_dw, self.energy_dws // 36_000, self.second * 1000
            ):
                self.ended = self.ended or self.second
        return self


@settings(max_examples=50)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.integers(0, 20), st.integers(1, 60), st.integers(65, 900)),
            st.tuples(st.just(450), st.integers(60, 300), st.integers(65, 900)),
        ),
        max_size=6,
    )
)
def test_dips_never_end_a_charge(dips: list[tuple[int, int, int]]) -> None:
    plug = Plug().draw(900, 300)
    for power_dw, seconds, between_s in dips:
        plug.draw(power_dw, seconds).draw(900, between_s)
    assert plug.ended is None


@pytest.mark.parametrize(
    "readings",
    [
        [(0, 20_000)],  # nothing plugged in
        [(20, 20_000)],  # a charger that idles
        [(120, 20_000)],  # a charger that idles at 12 W
        [(9_000, 3), (5, 20_000)],  # inrush
        [(900, 50), (5, 20_000)],  # a cable that was pulled
    ],
)
def test_without_a_real_charge_nothing_ends(readings: list[tuple[int, int]]) -> None:
    plug = Plug()
    for power_dw, seconds in readings:
        plug.draw(power_dw, seconds)
    assert plug.ended is None
    assert not plug.charge.armed
    assert not plug.charge.charging


def test_a_balancing_time_runs_from_the_end_and_not_before() -> None:
    at_once = Plug().draw(900, 3_600).draw(20, 7_200).ended
    later = Plug(balance_s=1_800).draw(900, 3_600).draw(20, 7_200)
    assert at_once is not None
    assert later.ended == at_once + 1_800


def test_a_rise_while_balancing_starts_it_anew() -> None:
    plug = Plug(balance_s=1_800).draw(900, 3_600).draw(20, 1_500).draw(300, 120)
    assert plug.draw(20, 1_800).ended is None
    assert plug.charge.charging
    assert plug.draw(20, 1_200).ended is not None


def test_a_battery_that_was_taken_away_teaches_nothing() -> None:
    plug = Plug().draw(900, 3_600).draw(2, 1_200)
    assert plug.ended is not None
    assert plug.charge.lesson() is None


def test_a_relay_that_opened_and_closed_keeps_the_peak_and_arms_no_second_time() -> (
    None
):
    plug = Plug().draw(900, 3_600)
    peak_dw = plug.charge.peak_dw
    assert peak_dw == 900
    plug.charge.pause()
    assert not plug.charge.charging
    plug.charge.begin(peak_dw)
    assert plug.draw(20, 3_000).ended is not None


def test_what_was_learned_fits_one_record_and_comes_back() -> None:
    learned = Learned()
    for idle_mw in (900, None, 25_400, 700):
        learned.add(95_040, 1_790, idle_mw)
    assert len(learned.packed()) == 12
    again = Learned(learned.packed())
    for kept in (learned, again):
        assert (kept.idle_mw, kept.tau_s, kept.plateau_mw) == (700, 1_800, 95_000)


@given(st.lists(st.integers(0, 3_000_000), min_size=16, max_size=64), st.data())
def test_no_curve_can_make_the_sums_fail(
    levels: list[int], data: st.DataObject
) -> None:
    tau_s = data.draw(st.integers(robust.TAU_LEAST_S, robust.TAU_MOST_S))
    assert tail.excess(levels, tau_s, 500) <= tail.median(levels) + 250
    assert tail.root(levels[0]) ** 2 <= levels[0] < (tail.root(levels[0]) + 1) ** 2
    robust._dropped_to_rest(levels, tau_s, 500, 500)

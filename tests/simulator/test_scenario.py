"""Scenario files, and how they play."""

from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from kickwatt_sim import Device, World, play
from kickwatt_sim.scenario import ScenarioError, Step, load, names, parse

from .conftest import Run

IDLE = "import time\nwhile True:\n    time.sleep(3600)"


def hours(step: Step, epoch: datetime, count: int, seed: int = 0) -> list[float]:
    luck = World(seed=seed).random("test")
    return [round(at_s / 3600, 2) for at_s in islice(step.times(epoch, luck), count)]


def test_the_ones_that_come_with_it_can_be_read_and_say_what_they_are() -> None:
    assert {"commute", "already_plugged"} <= set(names())
    assert all(load(name).about and load(name).steps for name in names())


def test_a_step_may_come_once_or_again() -> None:
    epoch = datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert hours(Step("unplug", after_s=7200), epoch, 3) == [2.0]
    assert hours(Step("unplug", after_s=7200, every_s=3600), epoch, 3) == [
        2.0,
        3.0,
        4.0,
    ]


def test_a_daily_step_follows_the_wall_clock_of_the_world() -> None:
    step = Step("unplug", daily_s=7.5 * 3600, not_before_s=8 * 3600)
    assert hours(step, datetime(2026, 11, 21, 18, tzinfo=UTC), 2) == [13.5, 37.5]
    assert hours(step, datetime(2026, 11, 21, 1, tzinfo=UTC), 2) == [30.5, 54.5]


def test_jitter_is_drawn_from_the_seed() -> None:
    step = Step("unplug", daily_s=0.0, jitter_s=3600)
    epoch = datetime(2026, 11, 21, 18, tzinfo=UTC)
    assert hours(step, epoch, 5) == hours(step, epoch, 5)
    assert hours(step, epoch, 5) != hours(step, epoch, 5, seed=1)
    assert all(6 <= at <= 7 for at in hours(step, epoch, 1))


def test_commute(run: Run) -> None:
    world = World(start=datetime(2026, 11, 21, 18, tzinfo=UTC), seed=1)
    device = run(IDLE, world=world, seconds=0)
    play(load("commute"), device)
    seen = []
    for _ in range(48):
        device.run_for(3600)
        seen.append(device.outlet.plugged_in)
    assert seen[0:13] == [True] * 13  # from 18:10 to 7:30
    assert seen[14:23] == [False] * 9
    assert seen[26:37] == [True] * 11
    assert device.outlet.charge() != pytest.approx(0.45)


def test_faults_begin_and_end(run: Run) -> None:
    device = run(IDLE, seconds=0)
    text = '[[step]]\nafter = "1m"\ndo = "fault"\nfault = "http_error"\nlasts = "2m"\nwith.status = 603'
    play(parse(text, "test"), device)
    device.run_for(59)
    assert not device.courier.before
    device.run_for(2)
    assert len(device.courier.before) == 1
    device.run_for(120)
    assert not device.courier.before


def test_the_button_is_pressed(run: Run) -> None:
    device = run(IDLE, seconds=0)
    play(parse('[[step]]\nafter = "1s"\ndo = "press_button"', "test"), device)
    device.run_for(1.1)
    assert device.button.pressed
    device.run_for(1)
    assert not device.button.pressed


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[[step]", r"scenario 'x': .*"),
        ("stepp = 1", r"'stepp' means nothing here"),
        (
            '[[step]]\ndo = "fly"\nafter = "1s"',
            r"step 1: 'do' must be one of plug_in, unplug, press_button, fault",
        ),
        ('[[step]]\ndo = "unplug"', r"give either 'after' or 'daily'"),
        (
            '[[step]]\ndo = "unplug"\nafter = "1s"\ndaily = "07:00"',
            r"give either 'after' or 'daily'",
        ),
        (
            '[[step]]\ndo = "unplug"\nafter = "soon"',
            r"'after': 'soon' is not a duration",
        ),
        (
            '[[step]]\ndo = "unplug"\ndaily = "7 am"',
            r"'daily': '7 am' is not a time of day",
        ),
        ('[[step]]\ndo = "unplug"\nwhen = "7 am"', r"'when' means nothing here"),
        (
            '[[step]]\ndo = "plug_in"\nafter = 1\ncharge = 45',
            r"'charge' is between 0 and 1",
        ),
        (
            '[[step]]\ndo = "plug_in"\nafter = 1\ncharge = [0.7, 0.2]',
            r"step 1: 'charge' is a range from the lower to the higher number",
        ),
        ('[[step]]\ndo = "plug_in"\nafter = 1\ncharge = [0.7]', r"step 1: "),
        (
            '[[step]]\ndo = "fault"\nafter = 1\nfault = "bad_luck"',
            r"there is no fault 'bad_luck'; known are ",
        ),
        (
            '[[step]]\ndo = "fault"\nafter = 1\nfault = "no_network"\nwith.x = 1',
            r"the fault 'no_network' has no 'x'",
        ),
        (
            '[[step]]\ndo = "fault"\nafter = 1\nfault = "hub_slow"\nwith.seconds = "5"',
            r"step 1: 'seconds' of the fault 'hub_slow' is a number from 0 to 3600",
        ),
        (
            '[[step]]\ndo = "fault"\nafter = 1\nfault = "hub_slow"\nwith = 5',
            r"step 1: 'with' is a table of the fault's parameters",
        ),
        (
            '[[step]]\ndo = "unplug"\nafter = 1\nlasts = "5m"',
            r"""step 1: 'lasts' goes with do = "fault" only""",
        ),
        (
            '[[step]]\ndo = "plug_in"\nafter = 1\ncharge = "full"',
            r"step 1: 'charge' is between 0 and 1",
        ),
        ('[step]\ndo = "unplug"\nafter = 1', r"scenario 'x': write \[\[step\]\]"),
    ],
)
def test_a_wrong_scenario_is_one_sentence(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint) as caught:
        parse(text, "x")
    assert "Traceback" not in str(caught.value)


def test_an_unknown_name_names_the_known_ones() -> None:
    with pytest.raises(
        ScenarioError,
        match=r"no scenario 'nope'; known are already_plugged, bad_reception, commute",
    ):
        load("nope")


def test_a_file_can_be_given(tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text('about = "Mine."\n[[step]]\nafter = 5\ndo = "unplug"')
    assert load(str(file)).name == "mine"


def test_what_is_wrong_in_a_file_is_told_with_file_step_and_field(
    tmp_path: Path,
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(
        '[[step]]\nafter = 5\ndo = "unplug"\n[[step]]\nafter = "x"\ndo = "unplug"'
    )
    with pytest.raises(
        ScenarioError, match=r"^/.*/mine\.toml, step 2: 'after': 'x' is not"
    ):
        load(str(file))


def test_plugging_in_twice_changes_nothing(run: Run) -> None:
    device: Device = run(IDLE, seconds=0)
    device.outlet.plug_in(0.3)
    device.outlet.plug_in(0.9)
    assert device.outlet.charge() == 0.3
    device.outlet.unplug()
    device.outlet.unplug()
    device.outlet.plug_in()
    assert device.outlet.charge() == 0.3

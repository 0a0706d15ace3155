"""The observer lets a sound firmware pass, and finds each rule that a broken one breaks."""

from dataclasses import replace
from pathlib import Path
import shutil

import pytest

from kickwatt_sim import scenario as scenarios
from kickwatt_sim.chaos import (
    METERS,
    MODEMS,
    Build,
    Case,
    draw,
    draw_build,
    hunt,
    look,
    shrink,
)
from kickwatt_sim.firmware_files import firmware_folder
from kickwatt_sim.scenario import Scenario, Step

from .test_command_line import sim

SEEDS = 200
MINUTES = 20
# Hubs of odd seeds set tight limits, those of every seventh find an autonomous board; leases are drawn.
LIMITS, PLAIN = 1, 2


@pytest.mark.parametrize("first", range(0, SEEDS, 25))
def test_no_random_trouble_makes_relay_or_samples_do_what_they_must_not(
    first: int,
) -> None:
    found = hunt(range(first, first + 25), MINUTES * 60)
    assert [finding.faults for _, finding in found if finding] == []


def test_a_schedule_follows_from_its_seed_and_survives_being_written() -> None:
    for seed in range(50):
        drawn = draw(seed, 1200)
        assert drawn == draw(seed, 1200)
        assert scenarios.parse(scenarios.write(drawn), drawn.name) == drawn


def test_every_key_of_a_scenario_survives_being_written() -> None:
    step = Step(
        *("plug_in", None, None, 27_000.0, 3600.0, 60.0),
        charge=(0.2, 0.7),
    )
    again = Step("fault", 5.0, 60.0, fault="reboot", parameters={"reason": "brownout"})
    whole = Scenario("days", 'a "quoted" sentence', (step, again))
    assert scenarios.parse(scenarios.write(whole), "days") == whole


def fault(name: str, after_s: float, lasts_s: float, **parameters: object) -> Step:
    return Step(
        "fault", after_s=after_s, fault=name, lasts_s=lasts_s, parameters=parameters
    )


def press(after_s: float, every_s: float | None = None) -> Step:
    return Step("press_button", after_s=after_s, every_s=every_s)


# What is added to a file of the firmware, in which trouble it shows, and what the observer says.
BROKEN = [
    (
        "guard",
        "Guard.is_fresh = lambda self, now_ms: self._fresh_ms is not None",
        (fault("meter_silent", 200, 60),),
        "closed with a stale reading",
    ),
    (
        "guard",
        "Guard.refusal = lambda self, now_ms: None",
        (fault("reboot", 200, 1),),
        "closed within 10 s of the last opening or start",
    ),
    (
        "guard",
        "Guard.refusal = lambda self, now_ms: None",
        (fault("meter_silent", 0, 60),),
        "closed before the first reading of this start",
    ),
    (
        "orders",
        "Orders.may_run = lambda self, now_ms: True",
        (fault("no_network", 100, 1150),),
        "closed without a lease",
    ),
    (
        "proto",
        "def _open(self, body, mac):\n    return json.loads(body[65:].decode())\nEnvelope.open = _open",
        (fault("reply_replayed", 100, 1100),),
        "closed without a lease",
    ),
    (
        "guard",
        "Guard._overloads = lambda self, reading: 0",
        (fault("runaway_current", 200, 60),),
        "still closed with current outside its limits",
    ),
    (
        "guard",
        "Guard._overloads = lambda self, reading: 0",
        (fault("mains_sag", 200, 60),),
        "still closed with voltage outside its limits",
    ),
    (
        "guard",
        "Guard._spent = lambda self, session, now_ms: 0",
        (),
        "closed past the session's time",
    ),
    (
        "guard",
        "Guard._spent = lambda self, session, now_ms: 0",
        (fault("runaway_current", 100, 1000, times=2.0),),
        "still closed with the session's energy spent",
    ),
    (
        "guard",
        "_WELDED_MS = 10**9",
        (fault("relay_welded", 200, 1000), press(250)),
        "a trip is not told (current through the open contact)",
    ),
    (
        "memory",
        "Memory.note_trips = lambda self, trips: None",
        (fault("mains_sag", 200, 60), fault("reboot", 300, 1)),
        "a trip is not told (voltage outside its limits)",
    ),
    (
        "guard",
        "_CLOSINGS_PER_HOUR = 10**9",
        (press(60, 25),),
        "closed more than 12 times within an hour",
    ),
    (
        "queue",
        "_right = Queue.acknowledge\nQueue.acknowledge = lambda self, number: _right(self, number + 1)",
        (fault("no_network", 100, 300),),
        "a sample of boot 1 is missing",
    ),
]


@pytest.fixture
def firmware(tmp_path: Path) -> Path:
    """A copy of the firmware, to break."""
    return Path(shutil.copytree(firmware_folder(), tmp_path / "firmware"))


def broken(firmware: Path, module: str, text: str) -> Path:
    file = firmware / "kickwatt" / f"{module}.py"
    file.write_text(f"{file.read_text()}\n\n{text}\n")
    return firmware


@pytest.mark.parametrize(("module", "text", "trouble", "says"), BROKEN)
def test_a_broken_rule_is_seen(
    firmware: Path, module: str, text: str, trouble: tuple[Step, ...], says: str
) -> None:
    charging = Step("plug_in", after_s=0.0, charge=(0.2, 0.2))
    script = Scenario("trouble", "", (charging, *trouble))
    seed = LIMITS if "session" in says else PLAIN
    sound = Case(seed, MINUTES * 60, script)
    assert look(sound) is None
    finding = look(replace(sound, firmware=broken(firmware, module, text)))
    assert finding is not None
    assert any(says in each for each in finding.faults), finding.faults


# The same for other builds: which rule, on what, and what the observer says.
ON_OTHERS = [
    (
        *("guard", "Guard.is_fresh = lambda self, now_ms: self._fresh_ms is not None"),
        Build(meter="analog"),
        (fault("voltage_input_stuck", 200, 60),),
        "closed with a stale reading",
    ),
    (
        *("guard", "Guard._overloads = lambda self, reading: 0"),
        Build(meter="analog"),
        (fault("runaway_current", 200, 60),),
        "still closed with current outside its limits",
    ),
    (
        *("guard", "_WELDED_MS = 10**9"),
        Build("wifi", "analog"),
        (fault("relay_welded", 200, 1000), press(250)),
        "a trip is not told (current through the open contact)",
    ),
    (
        *("orders", "Orders.may_run = lambda self, now_ms: True"),
        Build("wifi"),
        (fault("wifi_gone", 100, 1150),),
        "closed without a lease",
    ),
    (
        *("orders", "Orders.may_run = lambda self, now_ms: True"),
        Build("a7670"),
        (fault("no_network", 100, 1150),),
        "closed without a lease",
    ),
]


@pytest.mark.parametrize(("module", "text", "build", "trouble", "says"), ON_OTHERS)
def test_a_broken_rule_is_seen_on_every_build(
    firmware: Path,
    module: str,
    text: str,
    build: Build,
    trouble: tuple[Step, ...],
    says: str,
) -> None:
    charging = Step("plug_in", after_s=0.0, charge=(0.2, 0.2))
    script = Scenario("trouble", "", (charging, *trouble))
    # The analog pair takes its time to compute.
    duration_s = 600 if build.meter == "analog" else MINUTES * 60
    sound = Case(PLAIN, duration_s, script, build)
    assert look(sound) is None
    finding = look(replace(sound, firmware=broken(firmware, module, text)))
    assert finding is not None
    assert any(says in each for each in finding.faults), finding.faults


def test_every_build_gets_its_turn() -> None:
    builds = [draw_build(seed) for seed in range(SEEDS)]
    assert {(each.modem, each.meter) for each in builds} == {
        (modem, meter) for modem in MODEMS for meter in METERS
    }
    assert builds == [draw_build(seed) for seed in range(SEEDS)]


def test_a_finding_shrinks_to_what_it_takes(firmware: Path) -> None:
    module, text, (silence,), says = BROKEN[0]
    noise = (
        Step("plug_in", after_s=0.0, charge=(0.2, 0.2)),
        fault("modem_chatter", 33.3, 200.0),
        replace(silence, after_s=203.7),
        fault("hub_slow", 400.0, 90.0, seconds=20.0),
        press(900.5),
    )
    found = look(
        Case(
            *(PLAIN, 1000, Scenario("much", "", noise)),
            firmware=broken(firmware, module, text),
        )
    )
    assert found is not None
    (left,) = shrink(found).case.scenario.steps
    assert (left.fault, left.after_s) == ("meter_silent", 200.0)
    assert left.lasts_s is not None
    assert left.lasts_s < 30
    assert says in found.faults[0]


def test_from_the_command_line_a_finding_is_a_file_that_replays(
    firmware: Path, tmp_path: Path
) -> None:
    module, text, *_ = BROKEN[3]
    broken(firmware, module, text)
    build = ("--modem", "sim800", "--meter", "pzem")
    flags = ("--duration", "20m", "--jobs", "1", *build, "--firmware", str(firmware))
    steps = (fault("no_network", 100, 1150), fault("modem_chatter", 30, 60))
    script = tmp_path / "no_network.toml"
    script.write_text(scenarios.write(Scenario("s", "", steps)))
    found = sim(
        *("chaos", "1", "--seed", str(PLAIN), *flags, "--keep", str(tmp_path)),
        *("--scenario", str(script)),
    )
    assert (found.returncode, found.stderr.count("Traceback")) == (1, 0)
    assert "closed without a lease" in found.stdout
    file = tmp_path / f"chaos-{PLAIN}.toml"
    assert len(scenarios.load(str(file)).steps) == 1
    again = sim(
        *("chaos", "1", "--seed", str(PLAIN), *flags, "--keep", str(tmp_path / "two")),
        *("--scenario", str(file)),
    )
    assert again.returncode == 1
    sound = sim(
        *("chaos", "1", "--seed", str(PLAIN), *flags[:-2], "--scenario", str(file))
    )
    assert sound.returncode == 0, sound.stdout + sound.stderr
    assert "nothing found" in sound.stdout


def test_an_unknown_scenario_is_one_sentence() -> None:
    done = sim("chaos", "1", "--scenario", "nope")
    assert (done.returncode, "there is no scenario 'nope'" in done.stderr) == (2, True)

"""The converter, what is wired to it, and the firmware that measures with it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from math import pi, sqrt

import pytest

from kickwatt_sim import Device, World
from kickwatt_sim.firmware_files import firmware_folder
from kickwatt_sim.parts.front_end import FrontEnd, pulse_factor
from kickwatt_sim.parts.outlet import Outlet
from kickwatt_sim.world import SECOND

from .conftest import Run
from .s1_hub import S1Hub

START = datetime(2026, 11, 21, 18, 0, tzinfo=UTC)
RATE = 9_000
# What a calibration of the simulated front end comes to; docs/hardware.md shows the same lines.
SETTINGS = {
    "KICKWATT_SENSOR": "analog",
    "KICKWATT_V_SLOPE": "0.20555",
    "KICKWATT_A_SLOPE": "0.030736",
    "KICKWATT_A_ZERO": "1.59",
}


def device_of(hub: S1Hub, nap_s: float = 1.0, **settings: str | int) -> Device:
    world = World(start=START)
    return Device(hub.settings | SETTINGS | settings, world=world, nap_s=nap_s)


def printed(device: Device) -> list[str]:
    return list(device.console.lines)


# --- the converter


def test_a_value_is_12_bits_stretched_to_16(run: Run) -> None:
    device = run("""
        import analogio, board
        adc = analogio.AnalogIn(board.GP26)
        values = [adc.value for _ in range(2000)]
        print(all(v & 15 == v >> 12 for v in values), len(set(values)) > 500, adc.reference_voltage)
    """)
    assert printed(device)[0].startswith("True True 3.2999")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("analogio.AnalogIn(board.GP15)", "ValueError: Invalid pin"),
        ("analogio.AnalogIn(board.LED)", "ValueError: Invalid pin"),
        (
            "analogio.AnalogIn(board.A0); analogio.AnalogIn(board.GP26)",
            "ValueError: microcontroller.pin.GPIO26 in use",
        ),
        (
            "analogio.AnalogIn(board.A0); digitalio.DigitalInOut(board.GP26)",
            "ValueError: microcontroller.pin.GPIO26 in use",
        ),
        ("analogio.AnalogIn(board.A0).value = 1", "AttributeError"),
        ("analogio.AnalogIn(board.A0).read()", "AttributeError"),
        ("analogio.AnalogOut(board.A0)", "NotImplementedError"),
        ("analogbufio.BufferedIn(board.A0, 9000)", "TypeError"),
        (
            "analogbufio.BufferedIn(board.A0, sample_rate=50)",
            "ValueError: sample_rate must be 732-500000",
        ),
        (
            "analogbufio.BufferedIn(board.A0, sample_rate=9000).readinto([0] * 10)",
            "ValueError: buffer must be a bytearray or array of type 'H' or 'B'",
        ),
        (
            "a = analogbufio.BufferedIn(board.A0, sample_rate=9000); a.deinit(); a.readinto(bytearray(9))",
            "ValueError: Object has been deinitialized",
        ),
    ],
)
def test_what_the_board_refuses(run: Run, code: str, says: str) -> None:
    device = run(f"import analogbufio, analogio, board, digitalio\n{code}\n")
    assert any(line.startswith(says) for line in printed(device)), printed(device)


def test_a_pin_is_free_again_after_deinit(run: Run) -> None:
    device = run("""
        import analogbufio, analogio, board
        analogio.AnalogIn(board.A1).deinit()
        with analogbufio.BufferedIn(board.A1, sample_rate=9000) as adc:
            print(adc.readinto(bytearray(90)))
        print(analogio.AnalogIn(board.A1).value > 0)
    """)
    assert printed(device)[:2] == ["90", "True"]


def test_a_burst_takes_its_time_and_only_the_first_of_an_object_is_good(
    run: Run,
) -> None:
    device = run("""
        import analogbufio, array, board, time
        adc = analogbufio.BufferedIn(board.GP26, sample_rate=9000)
        samples = array.array("H", bytes(720))
        for _ in range(2):
            began = time.monotonic_ns()
            adc.readinto(samples)
            took = (time.monotonic_ns() - began) // 1000000
            steps = [abs(b - a) >> 4 for a, b in zip(samples, samples[1:])]
            print(took, max(steps) < 100)
    """)
    assert printed(device)[:2] == ["40 True", "40 False"]


# --- the front end


def bench(factor: float, amperes: float = 0.75, hertz: float = 50) -> FrontEnd:
    world = World()
    outlet = Outlet(world)
    outlet.mains.frequency_hz = hertz
    outlet.measure = lambda: (230.0, amperes, 230 * amperes * factor, factor)  # type: ignore[method-assign]
    return FrontEnd(world, outlet)


def alternating(levels: Sequence[float]) -> list[float]:
    mean = sum(levels) / len(levels)
    return [level - mean for level in levels]


def rms(levels: Sequence[float]) -> float:
    return sqrt(sum(level**2 for level in levels) / len(levels))


@pytest.mark.parametrize("factor", [0.39, 0.48, 0.55, 0.75, 1.0])
@pytest.mark.parametrize("hertz", [50, 60])
def test_volts_amperes_and_power_factor_are_in_the_waves(
    factor: float, hertz: float
) -> None:
    front_end = bench(factor, hertz=hertz)
    front_end.current_noise_v = 0
    count = RATE // 10  # five or six whole cycles
    begin = 123_456_789
    volts = alternating(front_end.voltage(begin, SECOND // RATE, count))
    amperes = alternating(front_end.current(begin, SECOND // RATE, count))
    volt, ampere = front_end.volts_per_volt, front_end.volts_per_ampere
    assert rms(volts) / volt == pytest.approx(230, rel=0.003)
    assert rms(amperes) / ampere == pytest.approx(0.75, rel=0.01)
    watts = sum(u * i for u, i in zip(volts, amperes, strict=True)) / count
    power = watts / volt / ampere
    assert power / (230 * 0.75) == pytest.approx(factor, abs=0.035)


def test_a_low_power_factor_is_a_narrow_pulse() -> None:
    factors = [pulse_factor(tenths / 10) for tenths in range(1, 16)]
    assert factors == sorted(factors)
    assert pulse_factor(pi / 2) == 1
    assert pulse_factor(0.3) == pytest.approx(0.55, abs=0.01)
    # A crest factor of three and more, as chargers without correction have.
    front_end = bench(0.55)
    front_end.current_noise_v = 0
    levels = alternating(front_end.current(0, SECOND // RATE, RATE))
    assert 3 < max(levels) / rms(levels) < 4


def test_the_noise_is_what_it_says() -> None:
    front_end = bench(0, amperes=0)
    levels = alternating(front_end.current(0, SECOND // RATE, 4000))
    assert rms(levels) == pytest.approx(front_end.current_noise_v, rel=0.1)


def test_the_settings_of_the_simulated_front_end() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        assert device.analog_settings == SETTINGS


# --- the firmware


def test_a_whole_charge_with_the_analog_pair_ends_with_the_cut_off() -> None:
    rule = {"KICKWATT_RULE": "threshold"}
    with S1Hub() as hub, device_of(hub, nap_s=2.0, **rule) as device:
        device.outlet.plug_in(charge=0.84)
        device.run_until(lambda: device.outlet.relay.contact, within_s=60)
        device.run_for(120)
        volts, amperes, _, factor = device.outlet.measure()
        sample = hub.messages[-1]["samples"][-1]
        assert sample[3] / 10 == pytest.approx(volts, rel=0.005)
        assert sample[4] / 1000 == pytest.approx(amperes, rel=0.02)
        assert factor == pytest.approx(0.55, abs=0.01)

        device.run_until(
            lambda: not device.outlet.relay.contact, within_s=6 * 3600, step_s=60
        )
        device.run_for(180)
        last = hub.messages[-1]
        assert (last["state"], last["why"], last["trips"]) == ("done", "cut_off", [])
        assert 0.98 < device.outlet.charge() <= 1
        assert (hub.forged, hub.doubled) == (0, 0)

        samples = [sample for _, sample in hub.samples.values()]
        assert all(sample[5:] == [None, None, None] for sample in samples)
        apparent = [s[3] * s[4] / 10_000 for s in samples if s[2]]
        assert max(apparent) == pytest.approx(172, rel=0.02)
        # Five minutes below 11.5 VA, which this charger reaches at 5 W.
        assert apparent[-1] < 11.5
        assert apparent[-1] > 6
        assert all(sample[4] == 0 for sample in samples if not sample[2])


def charging(device: Device) -> None:
    device.outlet.plug_in(charge=0.3)
    device.run_until(lambda: device.outlet.relay.contact, within_s=60)
    device.run_for(90)


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("voltage_input_stuck", "meter: voltage input: no mains, it rests at "),
        ("current_input_stuck", "meter: current input: rests at "),
    ],
)
@pytest.mark.parametrize("volts", [0.0, 0.4, 3.3])
def test_an_input_that_is_stuck_loses_the_sensor_and_opens_the_relay(
    fault: str, says: str, volts: float
) -> None:
    with S1Hub() as hub, device_of(hub) as device:
        charging(device)
        device.inject(fault, volts=volts)
        # Up to a second of nap, five of patience, and the guard's own step.
        device.run_for(8)
        assert not device.outlet.relay.contact
        device.run_for(60)
        assert hub.messages[-1]["trips"] == ["sensor_lost"]
        assert any(line.startswith(says) for line in printed(device))


def test_a_current_sensor_that_died_at_its_middle_looks_like_a_full_battery() -> None:
    # The one failure that cannot be seen: it opens the relay all the same.
    with S1Hub() as hub, device_of(hub) as device:
        charging(device)
        device.inject("current_input_stuck", volts=1.65)
        device.run_for(620)
        assert not device.outlet.relay.contact
        assert hub.messages[-1]["why"] == "cut_off"


def test_limits_work_on_what_it_measures() -> None:
    with S1Hub() as hub, device_of(hub, KICKWATT_MAX_A="0.6") as device:
        device.outlet.plug_in(charge=0.3)
        device.run_for(120)
        assert hub.messages[-1]["trips"] == ["over_current"]
        assert not device.outlet.relay.contact
    with S1Hub() as hub, device_of(hub) as device:
        charging(device)
        device.outlet.mains.nominal_v = 270
        device.run_for(70)
        assert hub.messages[-1]["trips"] == ["over_voltage"]


def test_the_energy_cap_counts_volt_ampere_hours_which_are_never_less() -> None:
    with S1Hub() as hub, device_of(hub, KICKWATT_MAX_WH=50) as device:
        device.outlet.plug_in(charge=0.1)
        device.run_until(
            lambda: (
                device.outlet.relay.closings > 0 and not device.outlet.relay.contact
            ),
            within_s=3600,
        )
        device.run_for(60)
        assert hub.messages[-1]["trips"] == ["session_energy"]
        assert device.outlet.charger.wall_wh == pytest.approx(50 * 0.545, rel=0.03)


def test_a_welded_contact_is_found() -> None:
    with S1Hub() as hub, device_of(hub) as device:
        charging(device)
        device.inject("relay_welded")
        hub.wish.update(relay=0, order=2, lease=0)
        device.run_for(120)
        assert "welded" in hub.messages[-1]["trips"]


def test_waiting_with_nothing_plugged_in_shows_no_current_and_trips_nothing() -> None:
    wish = {"relay": 0, "order": 0, "lease": 0, "interval": 60}
    with S1Hub(wish=wish) as hub, device_of(hub) as device:
        device.run_for(1200)
        assert {sample[4] for _, sample in hub.samples.values()} == {0}
        assert hub.messages[-1]["trips"] == []


def test_without_a_calibration_nothing_starts() -> None:
    with S1Hub() as hub:
        settings = hub.settings | {"KICKWATT_SENSOR": "analog"}
        with Device(settings, world=World(start=START)) as device:
            device.run_for(60)
            assert hub.messages == []
            assert any(
                "KICKWATT_V_SLOPE is missing. Calibrate" in line
                for line in printed(device)
            )


def firmware_files() -> dict[str, str]:
    folder = firmware_folder()
    return {
        str(file.relative_to(folder)): file.read_text("utf-8")
        for file in (folder / "kickwatt").glob("*.py")
    }


def test_no_task_waits_longer_than_50_ms_for_a_burst(run: Run) -> None:
    device = run(
        """
        from kickwatt import clock, pins
        from kickwatt.adc import open_input
        from kickwatt.analog import Analog
        from kickwatt.calibration import Calibration
        pair = Analog(open_input(pins.VOLTAGE), open_input(pins.CURRENT), Calibration(20555, 30736, 159))
        longest = 0
        for _ in range(20):
            before = clock.now_us()
            for _ in pair.read():
                now = clock.now_us()
                longest = max(longest, now - before)
                before = now
        print(longest)
        """,
        files=firmware_files(),
    )
    assert 44_000 < int(printed(device)[0]) < 50_000


def test_a_board_without_analogbufio_polls_at_about_the_same_pace(run: Run) -> None:
    device = run(
        """
        from kickwatt import pins
        from kickwatt.adc import Polled
        from kickwatt.analog import Analog
        from kickwatt.calibration import Calibration
        pair = Analog(Polled(pins.VOLTAGE), Polled(pins.CURRENT), Calibration(20555, 30736, 159))
        try:
            task = pair.read()
            while True:
                next(task)
        except StopIteration as stop:
            print(stop.value.voltage_dv, stop.value.current_ma)
        print(pair._voltage.fill(pair._samples))
        """,
        files=firmware_files(),
    )
    volts, milliamperes = map(int, printed(device)[0].split())
    assert (volts, milliamperes) == (pytest.approx(2_300, abs=20), 0)
    assert int(printed(device)[1]) == pytest.approx(RATE, rel=0.05)


def test_the_calibration_in_the_repl_finds_the_settings(run: Run) -> None:
    """A lamp of 60 W behind a bridged relay; the meter in the other hand is right."""
    amperes = 0.0

    def somebody(question: str) -> str:
        nonlocal amperes
        if question.startswith("Volts"):
            return "230.0"
        if question.startswith("Point 1"):
            return ""
        amperes = 0.261
        return "0.261"

    device = run(
        "from kickwatt import calibrate\ncalibrate.run()\n",
        files=firmware_files(),
        seconds=0,
    )
    device.console.keyboard = somebody
    device.outlet.measure = lambda: (
        230.0,
        amperes,
        230 * amperes,
        1.0 if amperes else 0.0,
    )  # type: ignore[method-assign]
    device.run_for(60)
    lines = printed(device)
    start = lines.index("Put these lines into settings.toml:") + 2
    found = dict(line.split(" = ") for line in lines[start : start + 4])
    assert found.pop("KICKWATT_SENSOR") == '"analog"'
    for name, value in found.items():
        assert float(value.strip('"')) == pytest.approx(float(SETTINGS[name]), rel=0.03)
    assert device.outlet.relay.closings == 0


def test_the_calibration_says_in_a_sentence_what_is_wrong(run: Run) -> None:
    device = run(
        "from kickwatt import calibrate\ncalibrate.run()\n",
        files=firmware_files(),
        seconds=0,
    )
    device.console.keyboard = lambda _question: "230"
    device.front_end.voltage_stuck_v = 3.3
    device.run_for(60)
    assert "Stopped: voltage input: no mains, it rests at 4095" in printed(device)

"""One task per meter, over real sockets, against the simulated SDM630 and its faults."""

import asyncio
from collections.abc import AsyncIterator, Callable
import contextlib
from contextlib import asynccontextmanager
import socket

import pytest

from kickwatt_hub.sources.modbus import host as module
from kickwatt_hub.sources.modbus.host import MeterHost, MeterReading, Place
from kickwatt_hub.sources.modbus.model import shipped
from kickwatt_hub.sources.modbus.register import Kind, Register
from kickwatt_sim.energy_meter import FAULTS, House, SimulatedMeter, registers

NOW_S = 1_780_000_000.0
MODEL = shipped()["sdm630"]
TRUTH = registers.values(House(), NOW_S)
PATIENT_S = 60.0
IMPATIENT_S = 0.5


def simulated(fault: str | None = None) -> SimulatedMeter:
    """A meter whose world stands still, so that there is one truth."""
    return SimulatedMeter(House(), fault=fault, now_s=lambda: NOW_S)


class Readings(list[MeterReading]):
    """What was told."""

    async def wait(self, count: int, within_s: float = 60) -> None:
        async with asyncio.timeout(within_s):
            while len(self) < count:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def polling(
    port: int,
    *,
    unit: int = 1,
    timeout_s: float = PATIENT_S,
    wanted: dict[str, Register] | None = None,
) -> AsyncIterator[tuple[MeterHost, Readings]]:
    told = Readings()
    host = MeterHost(
        Place("127.0.0.1", port, unit, 0.05, timeout_s),
        wanted or MODEL.registers,
        MODEL.longest_read,
        tell=told.append,
        now_ms=lambda: 1_000,
    )
    host.start()
    try:
        yield host, told
    finally:
        await host.stop()


async def until(condition: Callable[[], bool], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not condition():
            await asyncio.sleep(0.01)


def assert_true(readings: list[MeterReading]) -> None:
    """Whatever was told is what the meter measures, and what was not has a reason."""
    for reading in readings:
        assert not reading.values.keys() & reading.missing.keys()
        assert reading.values.keys() | reading.missing.keys() == MODEL.registers.keys()
        assert all(reading.missing.values())
        for name, value in reading.values.items():
            expected = TRUTH[MODEL.registers[name].address]
            assert value == pytest.approx(expected, rel=1e-6), name


async def test_a_whole_meter_is_read_in_four_requests() -> None:
    async with simulated() as meter, polling(meter.port) as (host, told):
        await told.wait(3)
        assert_true(told)
        assert told[0].missing == {}
        assert len(told[0].values) == len(MODEL.registers)
        assert host.requests == 4
        assert (host.state.online, host.state.error) == (True, None)
        assert host.state.heard_ms == 1_000
        assert meter.requests <= 4 * (len(told) + 1)


@pytest.mark.parametrize("fault", sorted(FAULTS))
async def test_whatever_is_wrong_with_a_meter_nothing_untrue_is_told_and_it_is_heard_again(
    fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.1)
    async with (
        simulated() as meter,
        polling(meter.port, timeout_s=IMPATIENT_S) as (host, told),
    ):
        await told.wait(1)
        meter.fault = fault
        begun = meter.requests
        await until(lambda: meter.requests >= begun + 4)
        if fault not in ("frozen", "gaps"):
            await until(lambda: host.state.online is False)
            assert host.state.error or fault == "nan"
        meter.fault = None
        whole = len(told)
        await until(lambda: any(not reading.missing for reading in told[whole:]))
        assert host.state.online
        assert_true(told)


@pytest.mark.parametrize(
    ("fault", "says", "timeout_s"),
    [
        ("silent", "it does not answer in time", IMPATIENT_S),
        ("hangs_up", "it cannot be reached, or has hung up", PATIENT_S),
        ("failing", "it answers with exception 4", PATIENT_S),
    ],
)
async def test_what_is_wrong_is_said_once(
    fault: str, says: str, timeout_s: float, caplog: pytest.LogCaptureFixture
) -> None:
    async with (
        simulated(fault) as meter,
        polling(meter.port, timeout_s=timeout_s) as (host, _),
    ):
        await until(lambda: host.state.failures >= 2)
        assert host.state.error == says
    assert caplog.text.count(f"127.0.0.1:{meter.port}, unit 1: {says}") == 1


async def test_values_that_are_no_numbers_are_missing_and_the_reason_is_told() -> None:
    async with simulated("nan") as meter, polling(meter.port) as (host, told):
        await told.wait(2)
        assert told[0].values == {}
        assert set(told[0].missing.values()) == {"not a number"}
        assert host.state.online is False


async def test_a_meter_that_refuses_gaps_is_asked_around_them_and_gives_everything() -> (
    None
):
    async with simulated("gaps") as meter, polling(meter.port) as (host, told):
        await told.wait(2)
        assert_true(told)
        assert told[0].missing == {}
        assert 4 < host.requests <= 20
        # It is learnt: a later round does not run into it again.
        asked, heard = meter.requests, len(told)
        await told.wait(heard + 3)
        assert meter.requests - asked <= host.requests * (len(told) - heard + 1)


async def test_a_register_that_the_meter_does_not_have_costs_only_itself() -> None:
    wanted = {
        "active_power": MODEL.registers["active_power"],
        "nowhere": Register(address=0x2000, kind=Kind.int16),
        "holding": Register(address=0, function_code=3),
    }
    async with simulated() as meter, polling(meter.port, wanted=wanted) as (_, told):
        await told.wait(3)
        for reading in told:
            assert reading.values.keys() == {"active_power"}
        assert told[0].missing == {
            "nowhere": "it answers with exception 2",
            "holding": "it answers with exception 1",
        }
        assert set(told[1].missing.values()) == {"the meter does not have it"}
        # And is not asked for again within the hour.
        asked, heard = meter.requests, len(told)
        await told.wait(heard + 3)
        assert meter.requests - asked <= len(told) - heard + 1


async def test_a_dead_meter_delays_no_other() -> None:
    """Neither one that is silent nor an address where nobody is."""
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        async with (
            simulated("silent") as dead,
            simulated() as alive,
            polling(dead.port, timeout_s=IMPATIENT_S) as (silent, silence),
            polling(nobody.getsockname()[1]) as (absent, absence),
            polling(alive.port) as (_, told),
        ):
            await until(lambda: bool(silent.state.failures and absent.state.failures))
            await told.wait(len(told) + 5)
            assert silence == absence == []
            assert absent.state.error == "it cannot be reached, or has hung up"


async def test_two_units_of_one_bus_are_two_meters() -> None:
    async with (
        simulated() as meter,
        polling(meter.port) as (one, told),
        polling(meter.port, unit=2) as (other, nothing),
    ):
        await told.wait(2)
        await until(lambda: other.state.failures > 0)
        assert one.state.online
        assert other.state.error == "it answers with exception 11"
        assert all(reading.values == {} for reading in nothing)


async def test_a_meter_that_was_switched_off_is_found_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "LONGEST_PAUSE_S", 0.1)
    caplog.set_level("INFO")
    meter = await simulated().start()
    port = meter.port
    async with polling(port) as (host, told):
        await told.wait(1)
        await meter.stop()
        await until(lambda: host.state.online is False)
        heard = len(told)
        async with await simulated().start(port=port):
            await told.wait(heard + 1)
            await until(lambda: host.state.online is True)
        assert_true(told)
    assert caplog.text.count("answers") == 2


async def test_pauses_grow_while_a_meter_is_dead_and_have_an_end() -> None:
    host = MeterHost(
        Place("127.0.0.1", 1, 1, interval_s=10.0),
        MODEL.registers,
        80,
        tell=lambda _: None,
        now_ms=lambda: 0,
    )
    pauses = []
    for failures in (0, 1, 2, 5, 1000):
        host.state = module.HostState(failures=failures)
        pauses.append(host._pause_s())
    assert pauses == [10.0, 20.0, 40.0, 300.0, 300.0]


async def test_stopping_in_the_middle_of_dialling_leaves_nothing_behind(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A backlog that is full takes no connection and refuses none, as an address where packets vanish."""
    with socket.socket() as full, contextlib.ExitStack() as stack:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for _ in range(3):
            other = stack.enter_context(socket.socket())
            other.setblocking(False)
            other.connect_ex(full.getsockname())
        port = full.getsockname()[1]
        async with polling(port) as (host, told):
            await asyncio.sleep(0.2)
            assert host.state.online is None
        assert told == []
    await asyncio.sleep(0.2)
    assert caplog.text == ""


async def test_stopping_takes_no_time_whatever_the_meter_does() -> None:
    async with simulated("silent") as meter:
        told = Readings()
        host = MeterHost(
            Place("127.0.0.1", meter.port, 1, 1.0, timeout_s=3600.0),
            MODEL.registers,
            80,
            tell=told.append,
            now_ms=lambda: 0,
        )
        await host.stop()
        host.start()
        await until(lambda: meter.requests > 0)
        async with asyncio.timeout(60):
            await host.stop()

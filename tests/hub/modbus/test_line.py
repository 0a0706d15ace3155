"""Units behind one gateway share a line and take turns."""

import asyncio
from collections.abc import Callable

from kickwatt_hub.sources.modbus.host import MeterHost, MeterReading, Place
from kickwatt_hub.sources.modbus.line import Lines
from kickwatt_hub.sources.modbus.register import Register
from kickwatt_sim.energy_meter import House, SimulatedMeter

REGISTERS = {"frequency": Register(address=0x46, unit="Hz")}
IMPATIENT_S = 0.3
PATIENT_S = 60.0


class Gateway(SimulatedMeter):
    """It takes one connection, and hangs up on a second one."""

    refused = 0
    silent_units: frozenset[int] = frozenset()

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._writers:
            self.refused += 1
            writer.close()
            return
        await super()._serve(reader, writer)

    def _answer(self, unit: int, pdu: bytes) -> bytes:
        self.fault = "silent" if unit in self.silent_units else None
        self.unit = unit
        return super()._answer(unit, pdu)


class Told(list[MeterReading]):
    """What a unit has said."""


def _unit(gateway: Gateway, lines: Lines, number: int, told: Told) -> MeterHost:
    timeout_s = IMPATIENT_S if number in gateway.silent_units else PATIENT_S
    return MeterHost(
        Place("127.0.0.1", gateway.port, number, 0.02, timeout_s),
        REGISTERS,
        60,
        tell=told.append,
        now_ms=lambda: 1_000,
        lines=lines,
    )


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_many_units_are_read_over_one_connection() -> None:
    """A gateway that takes no second one sees none; when the last unit stops, the line is closed."""
    async with Gateway(House()) as gateway:
        lines, told = Lines(), [Told() for _ in range(5)]
        hosts = [
            _unit(gateway, lines, number, each) for number, each in enumerate(told, 1)
        ]
        for host in hosts:
            host.start()
        await _until(lambda: all(len(each) >= 3 for each in told))
        assert gateway.refused == 0
        assert len(gateway._writers) == 1
        await hosts[0].stop()
        before = len(told[1])
        await _until(lambda: len(told[1]) > before)
        await asyncio.gather(*(host.stop() for host in hosts))
        await _until(lambda: not gateway._writers)
        assert lines._lines == {}


async def test_a_silent_unit_costs_the_others_a_moment_and_no_reading() -> None:
    """They are read again as soon as it has been given up, and nothing of it is taken for theirs."""
    async with Gateway(House()) as gateway:
        gateway.silent_units = frozenset({2})
        lines, told = Lines(), [Told() for _ in range(3)]
        hosts = [
            _unit(gateway, lines, number, each) for number, each in enumerate(told, 1)
        ]
        for host in hosts:
            host.start()
        await _until(lambda: hosts[1].state.failures >= 2)
        for each in (told[0], told[2]):
            before = len(each)
            await _until(lambda each=each, before=before: len(each) > before + 3)
        assert told[1] == []
        assert hosts[1].state.error == "it does not answer in time"
        for host in (hosts[0], hosts[2]):
            assert (host.state.online, host.state.failures) == (True, 0)
        assert all(each.values == {"frequency": 50} for some in told for each in some)
        gateway.silent_units = frozenset()
        await _until(lambda: bool(told[1]))
        await asyncio.gather(*(host.stop() for host in hosts))

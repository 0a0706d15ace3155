"""Polls the hosts that are stored, keeps what they say, and tells everybody.

Of several hubs on one database only the one that leads asks meters; the others show what it tells them.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
import logging

from msgspec.structs import replace

from ..bus import Bus, MeterChanged, MeterRemoved
from ..sources.modbus.host import MeterHost, MeterReading, Place
from ..sources.modbus.line import Lines
from ..sources.modbus.register import Register
from ..store import Store, UnavailableError
from ..store.meter_chunks import DECIMALS
from .model import Meter, MeterConfig, MeterRound, MeterState

_LOGGER = logging.getLogger(__name__)

LOOK_S = 1.0  # how often what was read is stored, and who leads is looked at
WAITING = 20_000  # rounds that wait for a database which cannot be written to; then the oldest go
SPREAD_S = 0.02  # between the first requests to two meters
SILENT = 2  # failures in a row after which a meter counts as silent

NOTHING_CHOSEN = "nothing is chosen to be read from it"
NO_REGISTER = "its model has no register for it"

type _Task = tuple[Place, Mapping[str, Register], int]


class Meters:
    """All meters of this hub, and how each is doing."""

    def __init__(self, store: Store, bus: Bus, now_ms: Callable[[], int]) -> None:
        """Nothing is asked before `run`."""
        self._store = store
        self._bus = bus
        self._now_ms = now_ms
        self._turn = asyncio.Lock()
        self._wake = asyncio.Event()
        self._configs: dict[int, MeterConfig] = {}
        self._states: dict[int, MeterState] = {}
        self._hosts: dict[int, tuple[_Task, MeterHost]] = {}
        self._lines = Lines()
        self._leads = False
        self._waiting: list[MeterRound] = []
        self._complained = False

    def snapshot(self) -> list[Meter]:
        """Return every meter as it is now."""
        return [self._meter(each) for each in self._configs]

    def find(self, meter_id: int) -> Meter | None:
        """Return a meter as it is now."""
        return self._meter(meter_id) if meter_id in self._configs else None

    def wake(self) -> None:
        """Look soon what is stored about hosts: it has changed."""
        self._wake.set()

    async def run(self) -> None:
        """Poll for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._wake.wait()
            try:
                if self._wake.is_set() or self._leads != self._store.peers.leads:
                    self._wake.clear()
                    await self.refresh()
                await self._keep()
            except UnavailableError as error:
                _LOGGER.warning("What meters there are cannot be read: %s", error)
            except Exception:
                _LOGGER.exception("Unexpected error about meters")

    async def stop(self) -> None:
        """Ask nobody any more, and store what has been read."""
        async with self._turn:
            await self._stop(list(self._hosts))
        await self._keep()

    async def refresh(self) -> None:
        """Poll what is stored now, and nothing else. Raises UnavailableError."""
        async with self._turn:
            configs = {each.id: each for each in await self._store.meters.all()}
            before, self._configs = self._configs, configs
            self._leads = self._store.peers.leads
            wanted = (
                {each.id: _task(each) for each in configs.values() if each.registers}
                if self._leads
                else {}
            )
            await self._stop(
                [
                    meter_id
                    for meter_id, (task, _) in self._hosts.items()
                    if wanted.get(meter_id) != task
                ]
            )
            for meter_id in before.keys() - configs.keys():
                del self._states[meter_id]
                self._bus.publish(MeterRemoved(meter_id))
            for config in configs.values():
                if config != before.get(config.id):
                    self._note(config.id, _fitting(config, self._states.get(config.id)))
            self._start(
                {key: each for key, each in wanted.items() if key not in self._hosts}
            )

    def adopt(self, meter_id: int, state: MeterState) -> None:
        """Show a meter as the hub that polls it does."""
        if meter_id in self._configs and not self._leads:
            self._note(meter_id, state)

    # --- hosts -----------------------------------------------------------------------------------------------------

    def _start(self, wanted: Mapping[int, _Task]) -> None:
        for number, (meter_id, task) in enumerate(wanted.items()):
            place, registers, longest_read = task
            host = MeterHost(
                place,
                registers,
                longest_read,
                tell=partial(self._heard, meter_id),
                now_ms=self._now_ms,
                done=partial(self._done, meter_id),
                lines=self._lines,
            )
            self._hosts[meter_id] = task, host
            host.start(number * min(SPREAD_S, place.interval_s / len(wanted)))

    async def _stop(self, meter_ids: list[int]) -> None:
        stopping = [self._hosts.pop(each)[1].stop() for each in meter_ids]
        await asyncio.gather(*stopping)

    def _heard(self, meter_id: int, reading: MeterReading) -> None:
        if meter_id not in self._hosts:
            return  # it is being stopped, and may be known no more
        state = self._states[meter_id]
        values = {
            name: round(value, DECIMALS) for name, value in reading.values.items()
        }
        if values:
            self._waiting.append(MeterRound(meter_id, reading.time_ms, values))
        lacking = dict.fromkeys(self._configs[meter_id].lacking, NO_REGISTER)
        self._states[meter_id] = replace(
            state,
            time_ms=reading.time_ms if values else state.time_ms,
            values=values or state.values,
            missing={**reading.missing, **lacking},
        )

    def _done(self, meter_id: int) -> None:
        if meter_id not in self._hosts:
            return
        told = self._hosts[meter_id][1].state
        before = self._states[meter_id]
        online = told.online
        if online is False and before.online and told.failures < SILENT:
            online = True  # a single answer may get lost
        self._note(
            meter_id,
            replace(
                before,
                online=online,
                since_ms=told.since_ms if online is told.online else before.since_ms,
                heard_ms=told.heard_ms or before.heard_ms,
                failures=told.failures,
                error=told.error,
                next_ms=told.next_ms,
            ),
        )

    def _note(self, meter_id: int, state: MeterState) -> None:
        self._states[meter_id] = state
        self._bus.publish(MeterChanged(self._meter(meter_id)))

    def _meter(self, meter_id: int) -> Meter:
        return Meter(config=self._configs[meter_id], state=self._states[meter_id])

    # --- the store -------------------------------------------------------------------------------------------------

    async def _keep(self) -> None:
        """Store what was read since the last time."""
        rounds, self._waiting = self._waiting[-WAITING:], []
        if not rounds:
            return
        try:
            await self._store.meter_log.append(rounds)
        except UnavailableError as error:
            self._waiting = rounds + self._waiting
            if not self._complained:
                _LOGGER.warning("Readings of meters wait to be stored: %s", error)
            self._complained = True
        else:
            self._complained = False


def _task(config: MeterConfig) -> _Task:
    """Return what a host has to do; where that has changed, it begins anew."""
    place = Place(config.host, config.port, config.unit, config.polling.interval_s)
    return place, config.registers, config.longest_read


def _fitting(config: MeterConfig, state: MeterState | None) -> MeterState:
    """Return a state in which nothing is left of what is not read any more."""
    if not config.registers:
        return MeterState(error=NOTHING_CHOSEN)
    if state is None:
        return MeterState()
    values = {
        name: value for name, value in state.values.items() if name in config.registers
    }
    missing = {
        name: why
        for name, why in state.missing.items()
        if name in config.registers and why != NO_REGISTER
    }
    return replace(
        state,
        values=values,
        missing=missing | dict.fromkeys(config.lacking, NO_REGISTER),
        error=None if state.error == NOTHING_CHOSEN else state.error,
    )

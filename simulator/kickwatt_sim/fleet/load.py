"""A fleet at work: every charger posts in its own rhythm, over real HTTP, until the time is over.

The fleet also holds the hub to its word (docs/protocol.md, "Order of messages"): a repeated message gets the stored reply, an
overtaken one is refused, a sample that was sent is acknowledged, and every answer of status 200 or 409 is signed.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
import random
import time
from typing import Any, Final

import aiohttp

from .member import Member, Message, Protocol
from .tally import Tally

_TIMEOUT_S: Final = 60.0
_SOCKETS: Final = 1_000
# Pause after an answer that is none, before the same samples go out again.
_PAUSE_S: Final = 5.0


@dataclass(frozen=True)
class Plan:
    """How a fleet behaves. Durations are seconds; the last three are the share of messages that it happens to.

    Each device sends a message of `batch` samples every `interval_s`; the devices begin one after the other within `ramp_s`. With
    `keep_alive` connections are used again, without it each message has its own, as a SIM800's.
    """

    url: str
    interval_s: float = 30.0
    ramp_s: float = 10.0
    duration_s: float = 60.0
    batch: int = 1
    keep_alive: bool = False
    duplicates: float = 0.0
    reordered: float = 0.0
    reboots: float = 0.0
    seed: int = 0


class Fleet:
    """Chargers by id and key, and what they have counted."""

    def __init__(self, plan: Plan, keys: Mapping[str, bytes]) -> None:
        """Prepare; nothing is sent before `run`."""
        protocol = Protocol.load()
        self._plan = plan
        self._members = [
            Member(protocol, each, key, random.Random(f"{plan.seed}:{each}"))
            for each, key in keys.items()
        ]
        self._luck = random.Random(plan.seed)
        self.tally = Tally(len(self._members))

    async def run(
        self,
        stop: asyncio.Event,
        tell: Callable[[Tally], None] = lambda _tally: None,
        every_s: float = 1.0,
    ) -> Tally:
        """Run until the plan's duration is over or `stop` is set; `tell` hears every `every_s` how it stands."""
        self._began_s = time.monotonic()
        connector = aiohttp.TCPConnector(
            limit=_SOCKETS, force_close=not self._plan.keep_alive
        )
        timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S)
        async with aiohttp.ClientSession(
            connector=connector, timeout=timeout
        ) as session:
            work = [
                asyncio.create_task(self._live(member, session, number))
                for number, member in enumerate(self._members)
            ]
            try:
                await self._wait(stop, tell, every_s)
            finally:
                for task in work:
                    task.cancel()
                results = await asyncio.gather(*work, return_exceptions=True)
        self.tally.seconds = self._now_s()
        for result in results:
            if isinstance(result, Exception):
                raise result
        return self.tally

    async def _wait(
        self, stop: asyncio.Event, tell: Callable[[Tally], None], every_s: float
    ) -> None:
        while (left_s := self._plan.duration_s - self._now_s()) > 0:
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), min(left_s, every_s))
            self.tally.seconds = self._now_s()
            tell(self.tally)
            if stop.is_set():
                return

    async def _live(
        self, member: Member, session: aiohttp.ClientSession, number: int
    ) -> None:
        """Be one charger."""
        plan = self._plan
        due_s = plan.ramp_s * number / len(self._members)
        while True:
            await asyncio.sleep(max(0.0, due_s - self._now_s()))
            if self._strikes("reboots", plan.reboots):
                member.restart(self._now_s())
            for _ in range(plan.batch):
                member.measure(self._now_s())
            message = member.message(self._now_s(), time.time())
            if self._strikes("reordered", plan.reordered):
                # It stays in the network while the next one overtakes it.
                late, message = message, member.message(self._now_s(), time.time())
                settled = await self._exchange(member, session, message)
                if settled:
                    await self._overtaken(member, session, late)
            else:
                settled = await self._exchange(member, session, message)
                if settled and self._strikes("duplicates", plan.duplicates):
                    await self._repeated(member, session, message, settled)
            due_s = max(due_s + plan.interval_s, self._now_s())
            if settled is None:
                due_s = max(due_s, self._now_s() + _PAUSE_S)

    # --- one message

    async def _exchange(
        self, member: Member, session: aiohttp.ClientSession, message: Message
    ) -> bytes | None:
        """Send a message and obey the answer; return the answer's body when it was good."""
        status, body = await self._post(session, member, message)
        if status not in (200, 409):
            return None
        reply = member.open(message, body)
        if reply is None:
            self.tally.broken["unsigned answer"] += 1
            return None
        if status == 409:
            member.move_boot(int(reply["boot"]), self._now_s())
            return None
        if reply["ack"] < message.newest:
            self.tally.broken["sample not acknowledged"] += 1
        self.tally.samples += message.samples
        member.acknowledge(min(reply["ack"], message.newest))
        return body

    async def _repeated(
        self,
        member: Member,
        session: aiohttp.ClientSession,
        message: Message,
        first: bytes,
    ) -> None:
        status, body = await self._post(session, member, message)
        if status == 200 and body != first:
            self.tally.broken["repeat answered otherwise"] += 1
        elif status == 409:
            self.tally.broken["repeat refused"] += 1

    async def _overtaken(
        self, member: Member, session: aiohttp.ClientSession, late: Message
    ) -> None:
        status, body = await self._post(session, member, late)
        if status == 200:
            self.tally.broken["overtaken message taken"] += 1
        elif status == 409 and member.open(late, body) is None:
            self.tally.broken["unsigned answer"] += 1

    async def _post(
        self, session: aiohttp.ClientSession, member: Member, message: Message
    ) -> tuple[int, bytes]:
        """Return status and body; status 0 when there was no answer."""
        tally, began_s = self.tally, time.monotonic()
        tally.messages += 1
        try:
            async with session.post(
                f"{self._plan.url}/s1/{member.id}", data=message.body
            ) as response:
                body = await response.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            tally.failures[type(error).__name__] += 1
            return 0, b""
        tally.latencies_s.append(time.monotonic() - began_s)
        tally.statuses[response.status] += 1
        return response.status, body

    def _strikes(self, name: str, share: float) -> bool:
        if self._luck.random() >= share:
            return False
        self.tally.faults[name] += 1
        return True

    def _now_s(self) -> float:
        return time.monotonic() - self._began_s


def read_keys(found: Any) -> dict[str, bytes]:
    """Return ids and keys of what `kickwatt-hub charger add-many` printed. Raises ValueError with a sentence."""
    if not isinstance(found, dict) or not found:
        raise ValueError("it must be a JSON object of ids and keys")
    keys = {}
    for charger_id, key in found.items():
        try:
            keys[charger_id] = bytes.fromhex(key)
        except TypeError, ValueError:
            keys[charger_id] = b""
        if len(keys[charger_id]) != 32:
            raise ValueError(f"the key of '{charger_id}' must be 64 hexadecimal digits")
    return keys

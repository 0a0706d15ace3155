"""Boards by the thousand, and the S1 messages that they would send."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
import hashlib
import hmac
from pathlib import Path

from kickwatt_hub import onboarding
from tests.support.hub_process import running_hub

from .load import post


@dataclass(slots=True)
class Board:
    """A board that charges, as docs/protocol.md has it."""

    charger_id: str
    key: str
    seq: int = 0
    number: int = 0
    _up: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Derive the key for messages up once."""
        self._up = hmac.digest(
            bytes.fromhex(self.key), b"kickwatt s1 up", hashlib.sha256
        )

    def request(self) -> bytes:
        """Return the next message, of one sample, as a request."""
        return post(f"/s1/{self.charger_id}", self.body())

    def body(self, samples: int = 1) -> bytes:
        """Return the next message, with so many new samples, 30 s apart."""
        self.seq += 1
        rows = []
        for left in reversed(range(samples)):
            self.number += 1
            n = self.number
            rows.append(
                f"[{n},{30 * left},1,{2300 + n % 30},{700 + n % 25},{900 + n % 20},{n},56]"
            )
        text = (
            f'{{"v":1,"boot":1,"seq":{self.seq},"nonce":"{self.seq:016x}","fw":"0.1.0","up":{self.seq},'
            '"reset":"power_on","clock":null,"csq":17,"state":"charging","relay":1,"why":"button","trips":[],'
            f'"order":0,"refused":null,"rev":0,"left":0,"samples":[{",".join(rows)}]}}'
        ).encode()
        signed = b"S1 up " + self.charger_id.encode() + b"\n" + text
        mac = hmac.digest(self._up, signed, hashlib.sha256).hex().encode()
        return mac + b"\n" + text


def in_turn(boards: list[Board], count: int) -> Iterator[bytes]:
    """Return so many requests, the boards taking turns: no two of one board are under way at once."""
    for index in range(count):
        yield boards[index % len(boards)].request()


def charging(data: Path, count: int) -> list[Board]:
    """Return so many boards that have been charging for twenty minutes, as the hub that will run on `data` knows."""
    return asyncio.run(_charging(data, count))


async def _charging(data: Path, count: int) -> list[Board]:
    async with running_hub(data) as hub:
        context = hub.hub.context
        ids = [f"charger-{n}" for n in range(count)]
        added = await onboarding.add_chargers(
            context.store, context.secret, ids, simulated=False
        )
        boards = [Board(each.id, each.key) for each in added]
        await context.fleet.refresh()
        for board in boards:
            reply = await context.ingest.s1(board.charger_id, board.body(40))
            assert reply.status == 200
    return boards

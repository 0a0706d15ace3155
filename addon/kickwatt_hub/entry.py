"""One charger, with what only the hub needs to know of it."""

import asyncio
from dataclasses import dataclass, field

from .brain import Brain
from .energy import Energy
from .model import Charger, Conversation, Order
from .security.envelope import DeviceKey
from .turn import Turn
from .watch import Watch

SILENT_S = 180  # never called offline earlier than this
SILENT_INTERVALS = 3


@dataclass(slots=True)
class Entry:
    """One charger with what only the hub needs. Change it while holding `turn` only."""

    pk: int
    charger: Charger
    key: bytes
    sealed: bytes
    """The same key as it is stored, which tells cheaply whether it was replaced."""
    conversation: Conversation
    energy: Energy
    brain: Brain
    watch: Watch = field(default_factory=Watch)
    """What the guards have counted."""
    device_key: DeviceKey = field(init=False)
    turn: Turn = field(default_factory=Turn)
    """Messages and orders of one charger take turns: each sees what the one before has stored."""
    scheduling: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Taken before `turn` by whoever acts on the mode."""
    settled: dict[int, asyncio.Future[Order]] = field(default_factory=dict)
    """Who waits for an order to be settled."""

    def __post_init__(self) -> None:
        """Derive the keys once."""
        self.device_key = DeviceKey.derive(self.key)

    def rekey(self, key: bytes, sealed: bytes) -> None:
        """Believe another key from now on, and the one before no more."""
        self.key, self.sealed = key, sealed
        self.device_key = DeviceKey.derive(key)

    def settle(self, order: Order) -> None:
        """Tell whoever waits for this order how it ended."""
        waiting = self.settled.pop(order.id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(order)


def is_online(conversation: Conversation, now_ms: int) -> bool:
    """Whether a verified message came within three of the intervals that the board was told."""
    if conversation.last_seen_ms is None:
        return False
    silent_s = max(SILENT_S, SILENT_INTERVALS * conversation.interval_s)
    return now_ms - conversation.last_seen_ms <= silent_s * 1000

"""One charger of a fleet: what it measures, what it says, and what it makes of the answer."""

from dataclasses import dataclass
import random
import secrets
from typing import Any, Final, Self

from ..board.board import Board
from ..board.console import Console
from ..board.flash import FlashImage
from ..board.loader import Loader
from ..board.models import MODELS, USUAL
from ..firmware_files import firmware_folder
from ..parts.battery import Battery
from ..parts.charger import Charger
from ..world import SECOND, World

# Four hours' worth of samples at one per 30 s: a hub that is down for longer finds them merged.
_QUEUE_SAMPLES: Final = 480
_MAINS_DV: Final = 2300


@dataclass(frozen=True)
class Protocol:
    """The firmware's modules `proto`, `queue` and `meter`, loaded once for a whole fleet."""

    proto: Any
    queue: Any
    meter: Any

    @classmethod
    def load(cls) -> Self:
        """Load them as a board would, though there is none."""
        world = World()
        model = MODELS[USUAL]
        board = Board(
            world,
            drive=firmware_folder(),
            settings={},
            flash=FlashImage(size=model.nvm_bytes),
            console=Console(),
            model=model,
        )
        loader = Loader(board)
        return cls(
            *(
                loader.import_(f"kickwatt.{name}", wanted=("*",))
                for name in ("proto", "queue", "meter")
            )
        )


@dataclass(frozen=True)
class Message:
    """A sealed message, and what a hub that has it must acknowledge."""

    boot: int
    seq: int
    body: bytes
    mac: bytes
    samples: int
    newest: int


class Member:
    """A charger that charges one battery after the other. Times are seconds since the fleet began."""

    def __init__(
        self, protocol: Protocol, charger_id: str, key: bytes, luck: random.Random
    ) -> None:
        """Make a charger that has just started."""
        self.id = charger_id
        self.boot = 1
        self._protocol = protocol
        self._luck = luck
        self._envelope = protocol.proto.Envelope(charger_id, key)
        self._now_ns = 0
        self._charger = Charger(lambda: self._now_ns)
        self._charger.plug_in(Battery(charge=luck.uniform(0.1, 0.9)))
        self._charger.power(True)
        self._start(0.0)

    def _start(self, now_s: float) -> None:
        self._started_s = now_s
        self._seq = 0
        self._queue = self._protocol.queue.Queue(_QUEUE_SAMPLES)

    def restart(self, now_s: float) -> None:
        """Lose what is in RAM, as a reset does."""
        self.boot += 1
        self._start(now_s)

    def move_boot(self, known: int, now_s: float) -> None:
        """Go on above the boot counter that the hub knows."""
        self.boot = max(self.boot, known)
        self.restart(now_s)

    def measure(self, now_s: float) -> None:
        """Queue one sample."""
        self._now_ns = max(self._now_ns, round(now_s * SECOND))
        look = self._charger.look()
        if look.full:
            self._charger.unplug()
            self._charger.plug_in(Battery(charge=self._luck.uniform(0.1, 0.6)))
        factor = Charger.power_factor(look.power_w)
        current_ma = round(look.power_w / (_MAINS_DV / 10 * factor) * 1000)
        reading = self._protocol.meter.Reading(
            _MAINS_DV + self._luck.randint(-20, 20),
            current_ma,
            round(look.power_w * 10),
            int(look.wall_wh),
            round(factor * 100),
        )
        self._queue.add(int(now_s - self._started_s), True, reading)

    def message(self, now_s: float, wall_s: float) -> Message:
        """Seal the next message: as many samples as the firmware puts into one."""
        proto = self._protocol.proto
        samples = self._queue.first(proto.MAX_SAMPLES)
        self._seq += 1
        up_s = int(now_s - self._started_s)
        header = proto.Header()
        header.boot, header.seq = self.boot, self._seq
        header.nonce = secrets.token_hex(8)
        header.fw, header.up = "0.1.0", up_s
        header.reset = "power_on" if self.boot == 1 else "software"
        header.clock, header.csq = int(wall_s), 17
        header.state, header.relay, header.why = "charging", 1, "order"
        header.left = len(self._queue) - len(samples)
        body, mac = self._envelope.seal(proto.encode(header, samples, up_s))
        newest = samples[-1].number if samples else 0
        return Message(self.boot, self._seq, body, mac, len(samples), newest)

    def open(self, message: Message, answer: bytes) -> dict[str, Any] | None:
        """Return the reply to that very message, or None when it does not prove itself."""
        reply: dict[str, Any] | None = self._envelope.open(answer, message.mac)
        return reply

    def acknowledge(self, number: int) -> None:
        """Forget what the hub has stored."""
        self._queue.acknowledge(number)

"""The network task: when to send, what to say, and what to do with the answer."""

import binascii
import gc
import os

from kickwatt import __version__, backoff, clock, proto
from kickwatt.modem import ModemError
from kickwatt.settings import limits_from_hub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from kickwatt.control import Control
    from kickwatt.memory import Memory
    from kickwatt.modem import Modem
    from kickwatt.queue import Queue
    from kickwatt.settings import Config

_SOON_MS = 1_200  # time for the meter's next reading, which shows the change that made us hurry
_HURRY_MS = 5_000  # least time between two attempts, however much there is to tell
_SHORTEST_S = 5  # a message takes the modem some seconds
_FIRST_INTERVAL_S = 30  # while charging, until the hub says otherwise
_IDLE_POLL_MS = 50
_QUIET_AFTER_MS = 1_800_000  # so long without a change, and nobody is about


class Uplink:
    """Everything between the queue and the hub."""

    def __init__(
        self,
        modem: Modem,
        control: Control,
        queue: Queue,
        memory: Memory,
        settings: Config,
        boot: int,
        reset: str,
    ) -> None:
        self._modem = modem
        self._control = control
        self._queue = queue
        self._memory = memory
        self._envelope = proto.Envelope(settings.id, settings.key)
        self._url = settings.url + "/s1/" + settings.id
        self._idle_s = settings.upload_s
        self._quiet_s = max(settings.upload_s, settings.quiet_s)
        self._charging_s = _FIRST_INTERVAL_S
        self._lease_s = 0
        self._boot = boot
        self._reset = reset
        self._seq = 0
        self._sent = 0  # highest sample number ever sent
        self._left = 0  # samples that the last message had no room for
        self._started_ms = clock.now_ms()
        self._due_ms = self._started_ms
        self._tried_ms = self._started_ms - _HURRY_MS
        self._changed_ms = self._started_ms
        self._hurry_ms: int | None = None
        self._failures = 0
        self._modem_failures = 0
        self.online = False
        self.restart = False  # the hub asked for it, and nothing would be lost

    def hurry(self) -> None:
        """Something has changed that the hub should know at once, back-off or not."""
        self._changed_ms = clock.now_ms()
        if self._hurry_ms is None:
            self._hurry_ms = self._changed_ms + _SOON_MS

    def run(self) -> Generator[int, None, None]:
        """The task."""
        while True:
            if not self._is_due(clock.now_ms()):
                self._modem.idle()
                yield _IDLE_POLL_MS
                continue
            self._tried_ms = clock.now_ms()
            self._hurry_ms = None  # a change from here on hurries the next message
            try:
                yield from self._exchange()
            except ModemError as error:
                self._modem_failures += 1
                self._failed("modem: %s" % error)
                yield from self._modem.recover(self._modem_failures)
            except Exception as error:
                # Whatever it is, it must not take the guard down with it.
                self._failed("%s: %s" % (type(error).__name__, error))

    # ------------------------------------------------------------------ one message

    def _exchange(self) -> Generator[int, None, None]:
        yield from self._modem.ready()
        csq = yield from self._modem.signal()
        supply_mv = yield from self._modem.supply_mv()
        network_time = yield from self._modem.network_time()
        gc.collect()
        samples = self._queue.first(proto.MAX_SAMPLES)
        self._left = len(self._queue) - len(samples)
        sealed_ms = clock.now_ms()
        now_s = sealed_ms // 1000
        message = proto.encode(
            self._header(csq, supply_mv, network_time),
            samples,
            now_s,
        )
        if samples:
            self._sent = max(self._sent, samples[-1].number)
        body, mac = self._envelope.seal(message)
        status, answer = yield from self._modem.post(self._url, body)
        self._modem_failures = 0
        reply = self._envelope.open(answer, mac)
        if reply is None:
            self._failed("HTTP %d without a valid signature" % status)
        elif reply.get("error") is not None:
            self._refused(reply)
        else:
            self._answered(reply, sealed_ms)

    def _header(
        self, csq: int, supply_mv: int | None, network_time: int | None
    ) -> proto.Header:
        control = self._control
        self._seq += 1
        header = proto.Header()
        header.boot = self._boot
        header.seq = self._seq
        header.nonce = binascii.hexlify(os.urandom(8)).decode()
        header.fw = __version__
        header.up = (clock.now_ms() - self._started_ms) // 1000
        header.reset = self._reset
        header.clock = network_time
        header.csq = csq
        header.supply_mv = supply_mv
        header.state = control.state
        header.relay = 1 if control.closed else 0
        header.why = control.why
        header.trips = control.trips
        header.order = control.orders.id
        header.refused = control.refused
        header.rev = control.rev
        header.left = self._left
        header.next_s = self._pause_s()
        return header

    # ------------------------------------------------------------------ the answer

    def _answered(self, reply: dict[str, object], sealed_ms: int) -> None:
        """Status 200: samples are stored, and the hub says what it wants."""
        ack = proto.integer(reply, "ack")
        relay = proto.integer(reply, "relay", 0, 1)
        order = proto.integer(reply, "order")
        lease = proto.integer(reply, "lease")
        interval = proto.integer(reply, "interval", 1)
        if (
            ack is None
            or relay is None
            or order is None
            or lease is None
            or interval is None
        ):
            self._failed("a signed reply that is not version 1")
            return
        done = self._queue.acknowledge(min(ack, self._sent))
        self._failures = 0
        self.online = True
        self._charging_s = min(max(interval, _SHORTEST_S), 3600)
        self._lease_s = lease if relay else 0
        print(
            "upload %d: %d acknowledged, %d left" % (self._seq, done, len(self._queue))
        )
        self._take_settings(reply.get("settings"))
        self._due_ms = clock.now_ms() + self._pause_ms()
        self._control.reply(
            order, relay == 1, lease, sealed_ms, clock.now_ms(), reply.get("do")
        )
        self.restart = self._control.restart and not self._queue

    def _take_settings(self, settings: object) -> None:
        if not isinstance(settings, dict):
            return
        values = {}
        for name in ("rev", "cutoff_dw", "hold_s", "max_s", "max_wh", "max_ma"):
            values[name] = proto.integer(settings, name) or 0
        now = self._control.guard.limits
        rule = settings.get("rule", now.rule)
        balance_s: int | None = now.balance_s
        if "balance_s" in settings:
            balance_s = proto.integer(settings, "balance_s")
        limits = limits_from_hub(
            values,
            rule if isinstance(rule, str) else "",
            -1 if balance_s is None else balance_s,
        )
        if limits is None:
            print("settings of the hub: out of bounds, not taken")
            return
        self._control.set_limits(limits)
        print("settings of the hub: revision %d" % limits.rev)

    def _refused(self, reply: dict[str, object]) -> None:
        """A signed refusal: the hub has read the message and says what is wrong with it."""
        error = reply.get("error")
        boot = proto.integer(reply, "boot", 1, 0x7FFFFFFE)
        number = proto.integer(reply, "number", 1)
        if error == "boot" and boot is not None:
            if self._memory.was_blank:
                self._control.forgotten()
            self._boot = max(boot, self._boot) + 1
            print("the hub has seen boot %d: going on as %d" % (boot, self._boot))
            self._seq = 0
            self._memory.move_boot(self._boot)
            self._failed("boot counter", quick=self._failures == 0)
        elif error == "sample" and number is not None and self._queue.drop(number):
            self._failed(
                "sample %d rejected (%s)" % (number, reply.get("field")), quick=True
            )
        else:
            self._failed("refused: %s %s" % (error, reply.get("field")))

    # ------------------------------------------------------------------ when

    def _is_due(self, now_ms: int) -> bool:
        if self._hurry_ms is not None and now_ms >= max(
            self._hurry_ms, self._tried_ms + _HURRY_MS
        ):
            return True
        return now_ms >= self._due_ms

    def _pause_ms(self) -> int:
        return 1_000 if self._left else self._pause_s() * 1000  # a backlog: go on

    def _pause_s(self) -> int:
        if self._control.state == "charging":
            pause_s = self._charging_s
        elif (
            self._control.closed or clock.now_ms() - self._changed_ms < _QUIET_AFTER_MS
        ):
            pause_s = self._idle_s
        else:
            pause_s = self._quiet_s
        if self._lease_s:
            # A lease must not run out for want of asking.
            pause_s = min(pause_s, max(_SHORTEST_S, self._lease_s // 3))
        return pause_s

    def _failed(self, why: str, quick: bool = False) -> None:
        self._failures += 1
        self.online = False
        pause_ms = 1_000 if quick else backoff.delay_ms(self._failures)
        self._due_ms = clock.now_ms() + pause_ms
        print("upload failed: %s; again in %d s" % (why, pause_ms // 1000))

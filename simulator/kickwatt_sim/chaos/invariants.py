"""What must never happen at the relay, seen from outside (docs/architecture.md, the list of what must never happen).

The observer knows the wires and the clock, nothing of the firmware: what level the relay's pin has, what the meter
told (`readings.py`), which answers of the hub came through and prove themselves, whether the button is down, and when the board started. From that alone
it says when the coil may be energised:

* never with a reading older than 5 s, and never before the first one of this start;
* never past the lease of the last genuine reply since this start (unless the board is autonomous);
* not past the caps on time, energy and current, nor outside the voltage window;
* not within 10 s of the last opening or start, and not more than 12 times an hour;
* not after a trip, whatever restarts, until somebody has held the button for 5 s, or has cleared it from afar with the owner's leave; and
  every message says that there is one.

Where the firmware has to notice first, it has `slack_s`. Of a board with the analog pair the observer knows what there was to measure,
not what came of it: so much is allowed for as `inexact` says.
"""

from dataclasses import dataclass
import json
from typing import TYPE_CHECKING, Any, Final

from ..internet import Answer, Request
from .hub import opened
from .readings import Seen, hear_analog, hear_pzem

if TYPE_CHECKING:
    from ..device import Device

_FRESH_S: Final = 5.0
_OFF_S: Final = 10.0
_HOUR_S: Final = 3600.0
_CLOSINGS_PER_HOUR: Final = 12
_HELD_S: Final = 4.5
_WELDED: Final = "current through the open contact"
_WELDED_S: Final = 25.0
_EVERY_S: Final = 1.0
# From a trip to the first message that must tell of it: one that was sealed before may wait so long in a slow modem.
_TOLD_S: Final = 60.0
# Under a closed relay the journal notes a session so often.
_RECORDED_S: Final = 300.0


@dataclass(frozen=True)
class _Inexact:
    """By what share the board may measure less, what it loses to rounding, and what it must see through an open contact."""

    share: float
    wh: float
    welded_w: float


_PZEM: Final = _Inexact(0, 0, 5)
_ANALOG: Final = _Inexact(0.05, 1, 15)


@dataclass
class Caps:
    """The limits in force: those of settings.toml until a genuine reply brought others."""

    max_s: float = 12 * 3600
    max_wh: float = 2000
    max_ma: float = 3000
    min_v: float = 180
    max_v: float = 260


@dataclass(frozen=True)
class Violation:
    """Something that must not happen, and when it did."""

    at_s: float
    rule: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.at_s:.1f} s: {self.rule}"


class Invariants:
    """Watches one device from its first moment on; `violations` is what was seen."""

    def __init__(
        self,
        device: Device,
        *,
        autonomous: bool = False,
        remote_clear: bool = False,
        analog: bool = False,
        slack_s: float = 3.0,
    ) -> None:
        """Attach to a device that has not run yet; `analog` if the analog pair is its meter."""
        self.violations: list[Violation] = []
        self._device = device
        self._world = device.world
        self._autonomous = autonomous
        self._remote_clear = remote_clear
        self._analog = analog
        self._inexact = _ANALOG if analog else _PZEM
        self._slack_s = slack_s
        self._caps = Caps()
        self._boots = 0
        self._coil = False
        self._closings: list[float] = []
        self._opened_s = 0.0
        # This start's newest good reading, and how many of the last ones in a row lay outside each limit.
        self._seen: Seen | None = None
        self._over = {"current": 0, "power": 0, "voltage": 0}
        self._must_open_s: float | None = None
        self._suspect = "", -_HOUR_S
        self._welded_since_s: float | None = None
        # This start's lease, and when each request left.
        self._lease_until_s = 0.0
        self._replied_s = 0.0
        self._left_s: dict[bytes, float] = {}
        self._order = 0
        # The session: seconds closed, and what the meter's counter showed when it began.
        self._closed_s = 0.0
        self._closed_at_s = 0.0
        self._spent_wh = 0.0
        self._most_w = 0.0
        self._trip: str | None = None
        self._tripped_s = 0.0
        self._down_since_s: float | None = None
        self._forgetful = False
        self._watch()

    def _watch(self) -> None:
        device = self._device
        wiring = device.board.model.wiring
        pin = device.board.pins[wiring.relay]
        drive = pin.on_change

        def relay(level: bool | None) -> None:
            drive(level)
            self._drive(bool(level))

        pin.on_change = relay
        button = device.board.pins[wiring.button]
        level_of = button.outside

        def press() -> bool | None:
            level = level_of()
            self._watch_button(level)
            return level

        button.outside = press
        (hear_analog if self._analog else hear_pzem)(device, self._hear_meter)
        device.courier.before.append(self._hear_request)
        device.courier.listeners.append(self._hear_answer)
        self._world.after(_EVERY_S, self._tick)

    # --- what the observer sees

    def _drive(self, coil: bool) -> None:
        self._notice_start()
        if coil == self._coil:
            return
        self._coil, now_s = coil, self._world.now_s
        if not coil:
            self._judge_opening(now_s)
            self._closed_s += now_s - self._closed_at_s
            self._opened_s, self._welded_since_s = now_s, None
            self._must_open_s = None
            return
        self._judge_closing(now_s)
        self._closings.append(now_s)
        self._closed_at_s = now_s
        self._over = dict.fromkeys(self._over, 0)

    def _hear_meter(self, seen: Seen) -> None:
        self._notice_start()
        before, self._seen = self._seen, seen
        if not self._coil:
            self._look_for_welding(seen)
            return
        self._most_w = max(self._most_w, seen.watts)
        if before is not None and seen.watt_hours >= before.watt_hours:
            self._spent_wh += seen.watt_hours - before.watt_hours
        caps, most = self._caps, 1 + self._inexact.share
        max_wh = caps.max_wh * most + self._inexact.wh
        if self._spent_wh > max_wh and self._must_open_s is None:
            self._must_open_s = seen.at_s + self._slack_s
            self._trips("the session's energy spent")
        max_ma, volts = caps.max_ma * most, seen.volts
        outside = {
            "current": (seen.amperes * 1000 > max_ma, 2),
            "power": (seen.watts > max_ma / 1000 * caps.max_v, 2),
            "voltage": (volts * most < caps.min_v or volts > caps.max_v * most, 3),
        }
        for what, (is_outside, needed) in outside.items():
            self._over[what] = self._over[what] + 1 if is_outside else 0
            if self._over[what] == needed:
                self._suspect = f"{what} outside its limits", seen.at_s
            # One more than the rule says: the board may have missed one.
            if self._over[what] > needed and self._must_open_s is None:
                self._must_open_s = seen.at_s + self._slack_s
                self._trips(f"{what} outside its limits")

    def _look_for_welding(self, seen: Seen) -> None:
        if seen.watts <= self._inexact.welded_w:
            self._welded_since_s = None
        elif self._welded_since_s is None:
            self._welded_since_s = seen.at_s
        elif seen.at_s - self._welded_since_s > _WELDED_S:
            self._trips(_WELDED)

    def _judge_opening(self, now_s: float) -> None:
        """What opens just after a reason to trip, and for no other reason that could be seen, has tripped."""
        if now_s - self._replied_s < self._slack_s or now_s > self._lease_until_s - 1:
            return
        suspicion, since_s = self._suspect
        if now_s - since_s < self._slack_s:
            self._trips(suspicion)

    def _trips(self, why: str) -> None:
        if self._trip is None:
            self._trip, self._tripped_s = why, self._world.now_s

    def _hear_request(self, request: Request) -> None:
        now_s = self._world.now_s
        self._left_s[request.body[:64]] = now_s
        self._notice_start()
        if self._trip is not None and now_s - self._tripped_s > _TOLD_S:
            if not json.loads(request.body.partition(b"\n")[2])["trips"]:
                self._blame(f"a trip is not told ({self._trip})")

    def _hear_answer(self, request: Request, answer: Answer) -> None:
        self._notice_start()
        reply = opened(request.body, answer.body)
        if reply is None or answer.status != 200:
            return
        self._replied_s = self._world.now_s
        if reply["order"] != self._order:
            self._order = reply["order"]
            self._new_session()
            if reply.get("do") == "clear" and self._remote_clear:
                self._cleared_from_afar()
        lease_s = reply["lease"] if reply["relay"] else 0
        self._lease_until_s = self._left_s.get(request.body[:64], 0.0) + lease_s
        self._take_settings(reply.get("settings"))

    def _cleared_from_afar(self) -> None:
        """Only whoever stands there sees whether contacts are welded."""
        if self._trip != _WELDED:
            self._trip, self._closings = None, []

    def _take_settings(self, settings: dict[str, Any] | None) -> None:
        if settings is not None:
            for name in ("max_s", "max_wh", "max_ma"):
                setattr(self._caps, name, float(settings[name]))

    def _new_session(self) -> None:
        self._closed_s, self._spent_wh = 0.0, 0.0
        self._closed_at_s = self._world.now_s

    def _notice_start(self) -> None:
        """Nothing that was known before a start counts after it, but trips and what the session has spent."""
        board = self._device.board
        if board.boots == self._boots:
            return
        self._boots = board.boots
        self._seen, self._must_open_s, self._welded_since_s = None, None, None
        self._lease_until_s, self._closings = 0.0, []
        self._opened_s = self._world.now_s
        if self._analog:
            # No meter has counted on: what came since the journal's last record is not known any more.
            self._spent_wh -= min(self._spent_wh, self._most_w * _RECORDED_S / 3600)
        self._forgetful = self._forgetful or self._flash_is_worn()
        if self._forgetful:
            self._trip, self._caps = None, Caps()
            self._new_session()

    def _flash_is_worn(self) -> bool:
        return any(each.name == "flash_worn" for each in self._device.injections)

    def _tick(self) -> None:
        self._world.after(_EVERY_S, self._tick)
        self._notice_start()
        self._forgetful = self._forgetful or self._flash_is_worn()
        if self._coil:
            self._judge_closed(self._world.now_s)

    def _watch_button(self, level: bool | None) -> None:
        """Hear what level the board finds at the button's pin: False is pressed."""
        now_s = self._world.now_s
        if level is not False:
            self._down_since_s = None
            return
        if self._down_since_s is None:
            self._down_since_s = now_s
            self._suspect = "", -_HOUR_S
            # Short, it may begin a new session.
            self._new_session()
        if now_s - self._down_since_s > _HELD_S:
            self._trip, self._closings = None, []

    # --- what it thinks of it

    def _judge_closing(self, now_s: float) -> None:
        if self._trip is not None:
            self._blame(f"closed after a trip ({self._trip})")
        if now_s - self._opened_s < _OFF_S - 0.1:
            self._blame("closed within 10 s of the last opening or start")
        hour = [at_s for at_s in self._closings if now_s - at_s < _HOUR_S]
        if len(hour) >= _CLOSINGS_PER_HOUR:
            self._blame("closed more than 12 times within an hour")
        self._judge_freshness(now_s, 0.5)
        self._judge_lease(now_s, 0.5)

    def _judge_closed(self, now_s: float) -> None:
        slack_s = self._slack_s
        self._judge_freshness(now_s, slack_s)
        self._judge_lease(now_s, slack_s)
        if self._closed_s + now_s - self._closed_at_s > self._caps.max_s + slack_s:
            self._blame("closed past the session's time")
        if self._must_open_s is not None and now_s > self._must_open_s:
            self._blame(f"still closed with {self._trip}")

    def _judge_freshness(self, now_s: float, slack_s: float) -> None:
        if self._seen is None:
            self._blame("closed before the first reading of this start")
        elif now_s - self._seen.at_s > _FRESH_S + slack_s:
            self._blame("closed with a stale reading")

    def _judge_lease(self, now_s: float, slack_s: float) -> None:
        if not self._autonomous and now_s > self._lease_until_s + slack_s:
            self._blame("closed without a lease")

    def _blame(self, rule: str) -> None:
        if rule not in {each.rule for each in self.violations}:
            self.violations.append(Violation(self._world.now_s, rule))


def slack_for(nap_s: float) -> float:
    """Return how long a board that may oversleep by so much has to notice something."""
    return 2.0 + nap_s

"""What the board must know after a reset: the kinds of journal records and what they mean."""

import struct

from kickwatt import settings
from kickwatt.crc import crc16
from kickwatt.learned import Learned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from kickwatt.journal import Journal
    from kickwatt.session import Session

# Kinds. A rewrite of the journal (see there) keeps low kinds longest: trips first, and the boot counter last, so that
# a board that has a boot counter has everything else too.
_TRIPS = 1  # bits
_ORDER = 2  # order id, on, ended
_SESSION = 3  # closed seconds, meter base Wh, spent Wh, peak of an armed charge
_LIMITS = 4  # the hub's max_s, max_wh, max_ma; written before _CUT
_CUT = 5  # the hub's revision, cut-off, hold, rule, balancing time
_WRONG_PIN = 6  # a check number of the SIM PIN that was wrong
_SAFE_MODE = 7  # boot counter before safe mode, reason, how many times in a row
_LEARNED = 8  # what the charger's charges have taught (see `learned`)
_BOOT = 9  # boot counter, reset reason, bad resets in a row

RESET_REASONS = (
    "power_on",
    "brownout",
    "software",
    "watchdog",
    "reset_pin",
    "safe_mode",
    "unknown",
)
_BAD_RESETS = ("brownout", "watchdog", "safe_mode")
_STORM = 3
_ENDED = (None, "cut_off", "trip", "button", "idle")
_NO_BASE = 0xFFFFFFFF
_SESSION_STEP_S = 300
_LAST_BOOT = 0x7FFFFFFF
_KEEP_FREE = 64  # records: room for several hours of charging


class Memory:
    """The journal, in words."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        # A new board, or one whose memory was lost.
        self.was_blank = journal.newest(_BOOT) is None
        self._session_next_s = 0

    @property
    def is_worn(self) -> bool:
        """Whether something could not be written in this boot; each boot writes its counter first."""
        return self._journal.worn

    # ------------------------------------------------------------------ boots

    def start_boot(self, reason: str) -> tuple[int, str, bool]:
        """Count this boot. Return its number, its reason, and whether it is one of too many bad ones.

        Three bad resets in a row, none of which was followed by ten good minutes, are too many. A boot out of safe
        mode began with `microcontroller.reset()`: only the journal knows the true reason.
        """
        if self._journal.free < _KEEP_FREE:
            self._journal.compact()  # now, while the relay is open and the modem silent, rather than in mid-charge
        boot, _, bad = self._boot()
        safe_mode = self._journal.newest(_SAFE_MODE)
        if safe_mode is not None and struct.unpack("<I", safe_mode[:4])[0] == boot:
            reason = _reason(safe_mode[4])
            bad = max(bad, safe_mode[5] - 1)
        bad = min(bad + 1, 255) if reason in _BAD_RESETS else 0
        self._write_boot(min(boot + 1, _LAST_BOOT), reason, bad)
        return min(boot + 1, _LAST_BOOT), reason, bad >= _STORM

    def move_boot(self, boot: int) -> None:
        """The hub knows a higher boot counter than ours: go on from there."""
        _, reason, bad = self._boot()
        self._write_boot(boot, reason, bad)

    def settled(self) -> None:
        """This boot has lived for ten minutes: the bad ones before it no longer count."""
        boot, reason, bad = self._boot()
        if bad:
            self._write_boot(boot, reason, 0)

    def note_safe_mode(self, reason: str) -> int:
        """Note that safemode.py runs; return how many times it has since the last good boot."""
        boot, _, bad = self._boot()
        before = self._journal.newest(_SAFE_MODE)
        times = 1
        if before is not None:
            # Safe mode before the board had even started again, or after a bad start.
            again = struct.unpack("<I", before[:4])[0] == boot
            times = before[5] + 1 if again or bad else 1
        self._journal.append(
            _SAFE_MODE,
            struct.pack("<IBB", boot, RESET_REASONS.index(reason), min(times, 255)),
        )
        return times

    def _boot(self) -> tuple[int, str, int]:
        payload = self._journal.newest(_BOOT)
        if payload is None:
            return 0, "unknown", 0
        boot, reason, bad = struct.unpack("<IBB", payload[:6])
        return boot, _reason(reason), bad

    def _write_boot(self, boot: int, reason: str, bad: int) -> None:
        self._journal.append(
            _BOOT, struct.pack("<IBB", boot, RESET_REASONS.index(reason), bad)
        )

    # ------------------------------------------------------------------ orders and trips

    def order(self) -> tuple[int, bool, str | None]:
        """Return the last order, whether it wants the relay on, and what ended it."""
        payload = self._journal.newest(_ORDER)
        if payload is None:
            return 0, False, None
        order, on, ended = struct.unpack("<IBB", payload[:6])
        return order, on == 1, _ENDED[ended] if ended < len(_ENDED) else "trip"

    def note_order(self, order: int, on: bool, ended: str | None) -> None:
        """Remember it, when it is news."""
        if (order, on, ended) != self.order():
            self._journal.append(
                _ORDER, struct.pack("<IBB", order, 1 if on else 0, _ENDED.index(ended))
            )

    def trips(self) -> int:
        """Return the latched trips as bits (see `guard`)."""
        payload = self._journal.newest(_TRIPS)
        return payload[0] | payload[1] << 8 if payload else 0

    def note_trips(self, trips: int) -> None:
        """Remember them, when they are news."""
        if trips != self.trips():
            self._journal.append(_TRIPS, struct.pack("<H", trips))

    # ------------------------------------------------------------------ the session

    def resume_session(self, session: Session) -> None:
        """Give `session` what was spent before the reset."""
        payload = self._journal.newest(_SESSION)
        if payload is None:
            return
        closed_s, base_wh, spent_wh, peak_dw = struct.unpack("<IIHH", payload)
        session.resume(
            closed_s, spent_wh, None if base_wh == _NO_BASE else base_wh, peak_dw
        )

    def note_session(self, session: Session, now_ms: int, closed: bool) -> None:
        """Remember what is spent.

        While the relay is closed the record runs ahead by the time until the next one: resets in quick succession
        must not win time that nobody counts.
        """
        closed_s = session.closed_ms(now_ms) // 1000
        if closed:
            closed_s += _SESSION_STEP_S
        self._session_next_s = closed_s
        base_wh = (
            _NO_BASE
            if session.base_wh is None or session.base_wh < 0
            else session.base_wh
        )
        self._journal.append(
            _SESSION,
            struct.pack(
                "<IIHH",
                closed_s,
                base_wh,
                min(session.spent_wh, 0xFFFF),
                min(session.peak_dw, 0xFFFF),
            ),
        )

    def session_is_due(self, session: Session, now_ms: int) -> bool:
        """Whether the closed time has caught up with what was remembered."""
        return session.closed_ms(now_ms) // 1000 >= self._session_next_s

    # ------------------------------------------------------------------ settings

    def limits(self, own: settings.Limits) -> settings.Limits:
        """Return the hub's settings; the board's `own` when there are none or they are half written."""
        limits, cut = self._journal.newest(_LIMITS), self._journal.newest(_CUT)
        if limits is None or cut is None:
            return own
        max_s, max_wh, max_ma = struct.unpack("<IHH", limits[:8])
        rev, cutoff_dw, hold_s, rule, balance_s = struct.unpack("<IHHBH", cut[:11])
        hubs = settings.limits_from_hub(
            {
                "rev": rev,
                "cutoff_dw": cutoff_dw,
                "hold_s": hold_s,
                "max_s": max_s,
                "max_wh": max_wh,
                "max_ma": max_ma,
            },
            settings.RULES[rule] if rule < len(settings.RULES) else own.rule,
            balance_s,
        )
        return hubs or own

    def note_limits(self, limits: settings.Limits) -> None:
        """Remember the hub's settings.

        The revision comes last: power that fails between the two leaves the old one,
        and the hub sends the settings again.
        """
        self._journal.append(
            _LIMITS, struct.pack("<IHH", limits.max_s, limits.max_wh, limits.max_ma)
        )
        self._journal.append(
            _CUT,
            struct.pack(
                "<IHHBH",
                limits.rev,
                limits.cutoff_dw,
                limits.hold_s,
                settings.RULES.index(limits.rule),
                limits.balance_s,
            ),
        )

    # ------------------------------------------------------------------ the charger

    def learned(self) -> Learned:
        """Return what the charges so far have taught."""
        return Learned(self._journal.newest(_LEARNED))

    def note_learned(self, learned: Learned) -> None:
        """Remember it: once for each full charge."""
        self._journal.append(_LEARNED, learned.packed())

    # ------------------------------------------------------------------ SIM card

    def pin_was_wrong(self, pin: str) -> bool:
        """Whether this SIM PIN was refused before."""
        payload = self._journal.newest(_WRONG_PIN)
        return payload is not None and payload[0] | payload[1] << 8 == crc16(
            pin.encode()
        )

    def note_wrong_pin(self, pin: str) -> None:
        """Remember that the card refused this PIN."""
        self._journal.append(_WRONG_PIN, struct.pack("<H", crc16(pin.encode())))


def _reason(index: int) -> str:
    return RESET_REASONS[index] if index < len(RESET_REASONS) else "unknown"

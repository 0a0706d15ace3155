"""The SIM card: its PIN, tried once, and its PUK, never.

Three wrong PINs lock a card, ten wrong PUKs end it. 3GPP TS 27.007, 8.3 (+CPIN); SIM800 manual V1.12, +SPIC.
"""

from kickwatt.at import AtError, whole_number
from kickwatt.modem import ModemError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator

    from kickwatt.at import At
    from kickwatt.memory import Memory

_TRIES = 3  # what a card starts with, and what a right PIN gives back
_BUSY = ": 14"  # CME error: SIM busy
_ABSENT = ": 10"  # CME error: SIM not inserted


def unlock(
    at: At, pin: str, memory: Memory, timeout_ms: int
) -> Generator[int, None, None]:
    """Return when the card can be used; `ModemError` says what a person has to do about it."""
    state = yield from _state(at, timeout_ms)
    for _ in range(10):
        # For some seconds after its start the modem says `SIM busy` or nothing.
        if state:
            break
        yield 1_000
        state = yield from _state(at, timeout_ms)
    if state == "READY":
        return
    if state == "SIM PUK":
        raise ModemError(
            "the SIM card is locked and wants its PUK: unlock it in a phone; the board never tries one"
        )
    if state != "SIM PIN":
        raise ModemError("the SIM card is missing or locked: " + (state or "no answer"))
    if not pin:
        raise ModemError("the SIM card wants a PIN: set KICKWATT_SIM_PIN")
    if memory.pin_was_wrong(pin):
        raise ModemError(
            "KICKWATT_SIM_PIN was wrong before; it is not tried again, the card would lock"
        )
    left = yield from _tries_left(at, timeout_ms)
    if left is not None and left < _TRIES:
        # Somebody's last PIN was wrong, perhaps ours, and the answer got lost.
        raise ModemError(
            "the SIM card has %d of %d tries left: enter its PIN in a phone once, that gives them back"
            % (left, _TRIES)
        )
    yield from _enter(at, pin, memory, timeout_ms)


def _enter(
    at: At, pin: str, memory: Memory, timeout_ms: int
) -> Generator[int, None, None]:
    try:
        yield from at.command('AT+CPIN="%s"' % pin, timeout_ms)
    except AtError as error:
        if str(error).endswith(_BUSY):
            raise
        memory.note_wrong_pin(pin)
        raise ModemError("KICKWATT_SIM_PIN is wrong") from None


def _state(at: At, timeout_ms: int) -> Generator[int, None, str]:
    """Return what AT+CPIN? says, "" while the card is not ready to say anything."""
    try:
        answer = yield from at.ask("AT+CPIN?", "+CPIN:", timeout_ms)
    except AtError as error:
        return "no card" if str(error).endswith(_ABSENT) else ""
    state = answer[6:].strip()
    return "" if state == "NOT READY" else state


def _tries_left(at: At, timeout_ms: int) -> Generator[int, None, int | None]:
    """Return how many PINs the card takes yet (`+SPIC: <pin1>,<puk1>,…`), or None where the modem cannot tell."""
    try:
        answer = yield from at.ask("AT+SPIC", "+SPIC:", timeout_ms)
    except AtError:
        return None
    return whole_number(answer[6:].partition(",")[0].strip())

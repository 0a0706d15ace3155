"""An append-only log in `microcontroller.nvm`, which survives power that fails at any byte.

On RP2040 and RP2350 the NVM is one flash sector of 4,096 bytes. Writing over 0xFF only programs; anything else
erases and rewrites the whole sector, with interrupts off, and loses all of it when power fails just then. So records
are appended to erased space, and the sector is rewritten only when it is full: then only the newest record of each
kind is kept.

A record has 16 bytes: kind, 12 bytes that belong to the kind, CRC-16 of those 13 (low byte first), and a last byte
that says the record was written to its end. A record that is not whole is skipped.

Flash wears out. So each record is read again, and written once more further on when it is not what it should be; after
three such slots the sector is rewritten, if need be further on in it. What cannot be written even so makes the journal
*worn*, and three spoilt slots in a row tell the next start of it: whatever was to stand there, a trip perhaps, is not known.
"""

from kickwatt.crc import crc16

TYPE_CHECKING = False
if TYPE_CHECKING:
    from nvm import ByteArray

RECORD = 16
PAYLOAD = 12
_WHOLE = 0x5A
_ERASED = b"\xff" * RECORD
_TRIES = 3
_SOUND = 0xFF  # kind of the record after a rewriting that skipped spoilt slots: nothing is missing in spite of them


class Journal:
    """The log over `nvm`, or over nothing: then it remembers until the next reset."""

    def __init__(self, nvm: ByteArray | None) -> None:
        self._nvm = nvm
        self._slots = len(nvm) // RECORD if nvm is not None else 0
        self._next = 0
        self.worn = (
            False  # something could not be written, in this boot or in an earlier one
        )
        self._newest: dict[int, bytes] = {}  # kind: payload
        spoilt = 0
        for slot in range(self._slots):
            raw = self._read(slot)
            if raw == _ERASED:
                continue
            # Also past a torn record: its bytes are no longer erased.
            self._next = slot + 1
            if raw[15] == _WHOLE and raw[13] | raw[14] << 8 == crc16(raw[:13]):
                spoilt = 0
                if raw[0] == _SOUND:
                    self.worn = False
                else:
                    self._newest[raw[0]] = raw[1:13]
            else:
                spoilt += 1
            if spoilt >= _TRIES:
                self.worn = True

    @property
    def free(self) -> int:
        """Records that fit before the sector must be erased."""
        return self._slots - self._next

    def newest(self, kind: int) -> bytes | None:
        """Return the payload of the newest record of `kind`, or None."""
        return self._newest.get(kind)

    def append(self, kind: int, payload: bytes) -> None:
        """Write one record; `payload` is filled up to 12 bytes."""
        payload = payload + bytes(PAYLOAD - len(payload))
        self._newest[kind] = payload
        if self._nvm is None:
            return
        record = _sealed(kind, payload)
        for _ in range(_TRIES):
            if self._next >= self._slots:
                self.compact()
                return
            if self._write(record):
                return
        if self.worn:
            return  # rewriting the sector for every record would wear out the rest
        self.compact()

    def compact(self) -> None:
        """Erase and keep the newest record of each kind, low kinds first.

        The one moment at which failing power costs memory: all of it, or the records of high kinds.
        """
        if self._nvm is None:
            return
        records = b"".join(
            [_sealed(kind, payload) for kind, payload in sorted(self._newest.items())]
        )
        count = len(records) // RECORD
        size = self._slots * RECORD
        for first in range(0, self._slots - count, self._slots // 4):
            image = b"\xff" * (first * RECORD) + records
            image += b"\xff" * (size - len(image))
            self._next = first + count
            self._nvm[0:size] = image
            kept = bytes(self._nvm[first * RECORD : self._next * RECORD])
            if kept == records:
                if first:
                    self._write(_sealed(_SOUND, bytes(PAYLOAD)))
                return
        self.worn = True

    def _write(self, record: bytes) -> bool:
        """Write into the next slot; whether it can be read there."""
        slot = self._next
        self._next += 1
        if self._nvm is not None:
            self._nvm[slot * RECORD : (slot + 1) * RECORD] = record
        return self._read(slot) == record

    def _read(self, slot: int) -> bytes:
        nvm = self._nvm
        return b"" if nvm is None else bytes(nvm[slot * RECORD : (slot + 1) * RECORD])


def _sealed(kind: int, payload: bytes) -> bytes:
    body = bytes([kind]) + payload
    crc = crc16(body)
    return body + bytes([crc & 0xFF, crc >> 8, _WHOLE])

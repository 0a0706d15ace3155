"""CRC-16/Modbus: the meter's frames and the journal's records carry it."""


def _step(crc: int, bits: int) -> int:
    for _ in range(bits):
        crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc


# Half a byte at a time: a frame is checked every second, and a whole table would take 256 places.
_HALF = tuple([_step(half, 4) for half in range(16)])


def crc16(data: bytes) -> int:
    """Return the CRC of `data` (reflected polynomial 0xA001, start 0xFFFF; MODBUS over Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        crc = (crc >> 4) ^ _HALF[crc & 15]
        crc = (crc >> 4) ^ _HALF[crc & 15]
    return crc

"""CRC-16/Modbus: the meter's frames and the journal's records carry it."""


def crc16(data: bytes) -> int:
    """Return the CRC of `data` (reflected polynomial 0xA001, start 0xFFFF; MODBUS over Serial Line V1.02, 6.2.2)."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ 0xA001 if crc & 1 else crc >> 1
    return crc

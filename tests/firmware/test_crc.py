"""CRC-16/Modbus."""

from kickwatt.crc import crc16


def test_the_check_value_of_the_catalogue() -> None:
    assert crc16(b"123456789") == 0x4B37


def test_a_frame_with_its_crc_appended_gives_zero() -> None:
    assert crc16(bytes.fromhex("0104 0000 000A 700D")) == 0

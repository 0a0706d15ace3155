"""Frames of the PZEM, whole and broken, and the CRC of everything."""

import struct

from chance import Chance

from kickwatt.crc import crc16
from kickwatt.meter import MeterError
from kickwatt.pzem import parse, without_echo

chance = Chance(1)
for length in range(40):
    print(crc16(chance.bytes(length)))

for _ in range(300):
    registers = [
        chance.one_of((2300, 2300, 2300, 2300, 700, 3100)),
        chance.below(0x10000),
        chance.below(3),
        chance.below(0x2000),
        chance.one_of((0, 0, 0, 0, 9)),
        chance.below(0x10000),
        chance.below(3),
        500,
        chance.below(110),
        0,
    ]
    body = b"\x01\x04\x14" + struct.pack(">10H", *registers)
    frame = bytearray(body + struct.pack("<H", crc16(body)))
    if not chance.below(4):
        frame[chance.below(25)] ^= 1 << chance.below(8)
    try:
        reading = parse(bytes(frame))
    except MeterError as error:
        print(error)
    else:
        print(
            reading.voltage_dv,
            reading.current_ma,
            reading.power_dw,
            reading.energy_wh,
            reading.factor_c,
            reading.load_dw,
        )

print(without_echo(b"\x01\x04\x00\x00\x00\x0a\x70\x0d\x01"), without_echo(b"\x01\x04"))

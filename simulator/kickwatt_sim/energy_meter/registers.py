"""The input registers of an SDM630: IEEE 754, two words each, high word first (Eastron's Modbus protocol).

The table is the simulator's own, so that a mistake in the hub's does not hide in it.
"""

import math
import struct

from .house import FREQUENCY_HZ, House

LAST = 0x0180
"""The meter knows no address from here on."""


def values(house: House, now_s: float) -> dict[int, float]:
    """Return what stands at which address at this instant."""
    phases = house.at(now_s)
    active = [phase.power_w for phase in phases]
    apparent = [phase.apparent_va for phase in phases]
    reactive = [phase.reactive_var for phase in phases]
    volts = [phase.voltage_v for phase in phases]
    amperes = [phase.current_a for phase in phases]
    total_w, total_va, total_var = sum(active), sum(apparent), sum(reactive)
    table = {
        0x002A: sum(volts) / 3,
        0x002E: sum(amperes) / 3,
        0x0030: sum(amperes),
        0x0034: total_w,
        0x0038: total_va,
        0x003C: total_var,
        0x003E: total_w / total_va,
        0x0042: math.degrees(math.acos(total_w / total_va)),
        0x0046: FREQUENCY_HZ,
        0x0048: sum(house.energy_kwh),
        0x004A: 0.0,
        0x004C: sum(house.reactive_kvarh),
        0x004E: 0.0,
        0x0050: total_va / total_w * sum(house.energy_kwh),
        0x0052: sum(house.energy_kwh) / 0.23,
        0x00CE: sum(volts) / 3 * math.sqrt(3),
        0x00E0: max(amperes) - min(amperes),
        0x0156: sum(house.energy_kwh),
        0x0158: sum(house.reactive_kvarh),
    }
    # Demands and their maxima: this meter's house has no peaks that outlast a quarter of an hour.
    for address in (0x54, 0x56, 0x58, 0x5A):
        table[address] = total_w
    table |= {0x5C: 0.0, 0x5E: 0.0, 0x64: total_va, 0x66: total_va}
    table |= {0x68: table[0x00E0], 0x6A: table[0x00E0]}
    table |= dict.fromkeys((248, 334, 336, 338, 340), 1.5)
    table |= {0xFA: 8.0, 0xFE: table[0x003E]}
    for number, phase in enumerate(phases):
        at = 2 * number
        following = volts[(number + 1) % 3]
        table |= {
            0x0000 + at: phase.voltage_v,
            0x0006 + at: phase.current_a,
            0x000C + at: phase.power_w,
            0x0012 + at: phase.apparent_va,
            0x0018 + at: phase.reactive_var,
            0x001E + at: phase.power_factor,
            0x0024 + at: phase.angle_deg,
            0x00C8 + at: _between(phase.voltage_v, following),
            0x00EA + at: 1.5,
            0x00F0 + at: 8.0,
            0x0102 + at: phase.current_a,
            0x0108 + at: phase.current_a,
            0x015A + at: house.energy_kwh[number],
            0x0160 + at: 0.0,
            0x0166 + at: house.energy_kwh[number],
            0x016C + at: house.reactive_kvarh[number],
            0x0172 + at: 0.0,
            0x0178 + at: house.reactive_kvarh[number],
        }
    return table


def words(table: dict[int, float], start: int, count: int) -> list[int]:
    """Return `count` words from `start`; an address without a value reads as zero."""
    found = dict.fromkeys(range(start, start + count), 0)
    for address, value in table.items():
        high, low = struct.unpack(">HH", struct.pack(">f", value))
        for at, word in ((address, high), (address + 1, low)):
            if at in found:
                found[at] = word
    return list(found.values())


def _between(one_v: float, other_v: float) -> float:
    """Return the voltage between two phases, a third of a period apart."""
    return math.sqrt(one_v**2 + other_v**2 + one_v * other_v)

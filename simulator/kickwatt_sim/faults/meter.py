"""Faults of the energy meter and its line."""

from typing import TYPE_CHECKING

from .registry import Between, End, add, fault

if TYPE_CHECKING:
    from ..device import Device


@fault("meter_silent", "the meter does not answer")
def meter_silent(device: Device) -> End:
    """Let the meter be silent."""
    device.meter.silent = True

    def end() -> None:
        device.meter.silent = False

    return end


@fault("meter_echo", "the meter's wiring sends the board's own questions back")
def meter_echo(device: Device) -> End:
    """Let every byte come back."""
    device.meter.echoes = True

    def end() -> None:
        device.meter.echoes = False

    return end


@fault(
    "meter_crc",
    "a bit of the meter's answer is flipped, in this share of them",
    share=Between(0, 1),
)
def meter_crc(device: Device, share: float = 1.0) -> End:
    """Flip a bit here and there."""
    luck = device.world.random("meter_crc")

    def disturb(answer: bytes) -> bytes:
        if not answer or luck.random() >= share:
            return answer
        place = luck.randrange(len(answer))
        flipped = answer[place] ^ 1 << luck.randrange(8)
        return answer[:place] + bytes([flipped]) + answer[place + 1 :]

    return add(device.meter.interference, disturb)


@fault("meter_stuck", "the meter answers, but its values no longer move")
def meter_stuck(device: Device) -> End:
    """Give the values of now for ever."""
    stuck = device.meter.registers()
    return add(device.meter.distortions, lambda _registers: stuck)


@fault(
    "meter_zeros",
    "the meter answers with nothing but zeros, in this share of its answers",
    share=Between(0, 1),
)
def meter_zeros(device: Device, share: float = 1.0) -> End:
    """Give zeros (arendst/Tasmota issue 21297)."""
    luck = device.world.random("meter_zeros")

    def distort(registers: tuple[int, ...]) -> tuple[int, ...]:
        return (0,) * len(registers) if luck.random() < share else registers

    return add(device.meter.distortions, distort)

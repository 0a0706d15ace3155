"""The light."""

import pytest

from kickwatt import led
from tests.firmware.fakes import Pin


def seen(steps: tuple[int, ...], ms: int) -> str:
    pin = Pin()
    light = led.Light(pin)
    picture = ""
    for now in range(5_000, 5_000 + ms, 50):
        light.show(steps, now)
        picture += "#" if pin.value else "."
    return picture


def test_patterns_are_played_over_and_over() -> None:
    assert seen((100, 200), 600) == "##....##...."
    assert seen(led.TRIPPED, 400) == "##..##.."


def test_a_new_pattern_begins_at_its_beginning() -> None:
    pin = Pin()
    light = led.Light(pin)
    light.show((100, 900), 0)
    light.show((100, 900), 500)
    assert pin.value is False
    light.show((300, 300), 550)
    assert pin.value is True


@pytest.mark.parametrize("state", ["off", "idle", "charging", "done", "tripped"])
def test_every_state_has_its_own_pattern(state: str) -> None:
    others = {"off", "idle", "charging", "done", "tripped"} - {state}
    for other in others:
        assert led.pattern(state, True) != led.pattern(other, True)
    assert led.pattern(state, True) != led.SETTINGS
    assert led.pattern("off", False) != led.pattern("off", True)


def test_every_pattern_is_in_the_table() -> None:
    assert led.__doc__ is not None
    rows = [line for line in led.__doc__.splitlines() if line.startswith("| ")]
    patterns = {
        led.READY,
        led.ALONE,
        led.IDLE,
        led.CHARGING,
        led.DONE,
        led.TRIPPED,
        led.SETTINGS,
    }
    assert len(rows) - 2 == len(patterns)

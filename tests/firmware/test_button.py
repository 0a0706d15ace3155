"""The push button."""

from kickwatt.button import LONG, SHORT, Button
from tests.firmware.fakes import Pin


class Finger:
    def __init__(self, up: bool = True) -> None:
        self.pin = Pin(up)
        self.button = Button(self.pin)
        self.ms = 0
        self.presses: list[str] = []
        self.wait(100)

    def wait(self, ms: int) -> Finger:
        for _ in range(ms // 10):
            self.ms += 10
            press = self.button.poll(self.ms)
            if press:
                self.presses.append(press)
        return self

    def down(self, ms: int) -> Finger:
        self.pin.value = False
        self.wait(ms)
        self.pin.value = True
        return self.wait(100)


def test_a_short_press_is_told_when_the_finger_lifts() -> None:
    assert Finger().down(200).presses == [SHORT]
    assert Finger().down(4_900).presses == [SHORT]


def test_a_long_press_is_told_after_five_seconds_and_only_once() -> None:
    finger = Finger()
    finger.pin.value = False
    assert finger.wait(4_900).presses == []
    assert finger.wait(300).presses == [LONG]
    assert finger.wait(60_000).presses == [LONG]
    assert finger.down(10).presses == [LONG]


def test_a_bounce_is_no_press() -> None:
    finger = Finger()
    for _ in range(20):
        finger.down(20)
    assert finger.presses == []


def test_two_presses_are_two() -> None:
    assert Finger().down(100).down(6_000).down(100).presses == [SHORT, LONG, SHORT]


def test_a_button_that_is_stuck_since_the_start_is_no_press() -> None:
    finger = Finger(up=False)
    assert finger.wait(60_000).presses == []
    finger.pin.value = True
    assert finger.wait(100).down(100).presses == [SHORT]

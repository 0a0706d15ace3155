"""What the light says.

| pattern                              | meaning                                                       |
| ------------------------------------ | ------------------------------------------------------------- |
| one short flash every three seconds  | off, ready, in touch with the hub                             |
| two short flashes every three seconds| off, not in touch with the hub (yet)                          |
| even, once a second                  | relay closed, nothing charging                                |
| on, with a short gap every two s     | charging                                                      |
| three short flashes every two s      | done: full, and cut off                                       |
| fast, five times a second            | tripped: look, then hold the button for five seconds          |
| long, short, short                   | settings.toml is wrong: the console (USB serial) says where   |
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from digitalio import DigitalInOut

READY = (100, 2900)
ALONE = (100, 200, 100, 2600)
IDLE = (500, 500)
CHARGING = (1900, 100)
DONE = (100, 200, 100, 200, 100, 1300)
TRIPPED = (100, 100)
SETTINGS = (900, 200, 100, 200, 100, 1000)

_BY_STATE = {"idle": IDLE, "charging": CHARGING, "done": DONE, "tripped": TRIPPED}


def pattern(state: str, online: bool) -> tuple[int, ...]:
    """Return the milliseconds on, off, on, ... for a state of the board."""
    return _BY_STATE.get(state, READY if online else ALONE)


class Light:
    """Plays a pattern, over and over."""

    def __init__(self, pin: DigitalInOut) -> None:
        self._pin = pin
        self._pattern: tuple[int, ...] = ()
        self._began_ms = 0

    def show(self, steps: tuple[int, ...], now_ms: int) -> None:
        """Set the light as the pattern has it now."""
        if steps != self._pattern:
            self._pattern = steps
            self._began_ms = now_ms
        into = (now_ms - self._began_ms) % sum(steps)
        for index, step in enumerate(steps):
            if into < step:
                self._pin.value = index % 2 == 0
                return
            into -= step

"""The push button: a contact to ground against the board's pull-up."""

from collections.abc import Callable

from ..world import World


class Button:
    """Not pressed until `press`."""

    def __init__(
        self, world: World, on_press: Callable[[float], None] = lambda _seconds: None
    ) -> None:
        """Make a button that nobody presses; `on_press` hears how long somebody is going to."""
        self._on_press = on_press
        self._world = world
        self.pressed = False

    def press(self, lasts_s: float = 0.3) -> None:
        """Press now and let go after `lasts_s` seconds."""
        self.pressed = True
        self._on_press(lasts_s)
        self._world.after(lasts_s, self.release)

    def release(self) -> None:
        """Let go."""
        self.pressed = False

    def level(self) -> bool | None:
        """Return the level that the button forces on its pin: low when pressed, else none."""
        return False if self.pressed else None

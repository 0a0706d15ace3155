"""The relay: a coil, and contacts that follow it a little later."""

from collections.abc import Callable
from functools import partial

from ..world import World

# A small mains relay: operate and release times and bounce of its data sheets, rounded.
_OPERATE_S = 0.008
_RELEASE_S = 0.004
_BOUNCES_S = (0.0006, 0.0014, 0.0020)


class Relay:
    """Normally open. The coil's driver is active high with a pull-down, so a floating pin is *off*."""

    def __init__(self, world: World, on_contact: Callable[[bool], None]) -> None:
        """Make an open relay; `on_contact` is told when the contact closes or opens."""
        self._world = world
        self._on_contact = on_contact
        self.coil = False
        self.contact = False
        self.welded = False
        self.broken = False
        # The contact does not hold just now.
        self.loose = False
        self.closings = 0

    def drive(self, level: bool | None) -> None:
        """Set the level at the driver's input; None is a floating pin."""
        coil = bool(level)
        if coil == self.coil:
            return
        self.coil = coil
        delay_s = _OPERATE_S if coil else _RELEASE_S
        self._world.after(delay_s, self.follow)
        if coil:
            for number, bounce_s in enumerate(_BOUNCES_S):
                closes = bool(number % 2)
                self._world.after(delay_s + bounce_s, partial(self._bounce, closes))
            self._world.after(delay_s + 2 * _BOUNCES_S[-1], self.follow)

    def follow(self) -> None:
        """Let the contact follow the coil, as far as it can."""
        self._move(self._wanted())

    def _wanted(self) -> bool:
        return self.welded or (self.coil and not self.broken and not self.loose)

    def _bounce(self, closes: bool) -> None:
        if self.coil:
            self._move(self._wanted() and (closes or self.welded))

    def _move(self, closed: bool) -> None:
        if closed != self.contact:
            self.contact = closed
            self.closings += closed
            self._on_contact(closed)

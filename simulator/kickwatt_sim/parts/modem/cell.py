"""The mobile network where the modem stands."""

from collections.abc import Callable

from ...world import Event, World


class Cell:
    """Coverage, signal and what the network says to this SIM card."""

    def __init__(self, world: World) -> None:
        """Make a network that takes the modem in as a roaming guest, as most machine SIM cards are."""
        self._world = world
        self._luck = world.random("cell")
        self.coverage = True
        self.roaming = True
        self.denied = False
        self.bearer_works = True
        self.gives_time = True
        # Whether time servers answer.
        self.time_server = True
        self.signal = 17
        # The modem cannot tell how strong the signal is.
        self.signal_unknown = False
        self.on_registered: Callable[[bool], None] = lambda _registered: None
        self._registered = False
        self._searching = False
        self._found: Event | None = None

    @property
    def registered(self) -> bool:
        """Whether the modem is in the network."""
        return self._registered

    def status(self) -> int:
        """Return `<stat>` of +CREG: 0 idle, 1 home, 2 searching, 3 denied, 5 roaming."""
        if not self._searching:
            return 0
        if self.coverage and self.denied:
            return 3
        if not self._registered:
            return 2
        return 5 if self.roaming else 1

    def csq(self) -> int:
        """Return the signal as +CSQ gives it."""
        if not self.coverage or not self._searching or self.signal_unknown:
            return 99
        return max(1, min(31, self.signal + self._luck.choice((-1, 0, 0, 1))))

    def search(self, on: bool) -> None:
        """Switch the modem's radio on or off."""
        self._searching = on
        self.update()

    def cover(self, coverage: bool) -> None:
        """Let the network come or go."""
        self.coverage = coverage
        self.update()

    def update(self) -> None:
        """Find or lose the network after something has changed."""
        possible = self._searching and self.coverage and not self.denied
        if possible and not self._registered and self._found is None:
            self._found = self._world.after(
                self._luck.uniform(3.0, 7.0), self._register
            )
        if not possible:
            if self._found is not None:
                self._found.cancel()
                self._found = None
            if self._registered:
                self._registered = False
                self.on_registered(False)

    def _register(self) -> None:
        self._found = None
        self._registered = True
        self.on_registered(True)

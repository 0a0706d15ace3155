"""The way of a request from whatever sends it, a modem or a radio, to the hub and back; faults of that way live here."""

from collections.abc import Callable

from .internet import Answer, Internet, Request

type Outcome = Answer | None


class Courier:
    """Carries requests.

    `before` may answer in the network's place, so that the request never leaves; `after` may change what came back, or
    return None, and then no answer ever comes. `slowness_s` is how long the other side takes before it answers.
    """

    def __init__(self, internet: Internet) -> None:
        """Begin without faults."""
        self.internet = internet
        self.before: list[Callable[[Request], Outcome]] = []
        self.after: list[Callable[[Answer], Outcome]] = []
        # Hear each request together with the answer that the firmware gets.
        self.listeners: list[Callable[[Request, Answer], None]] = []
        self.slowness_s = 0.0
        # The newest answer that the firmware got.
        self.last: Answer | None = None

    def hindrance(self, request: Request) -> Outcome:
        """Return what happens to a request that never leaves, None for one that does."""
        for hinder in self.before:
            if (outcome := hinder(request)) is not None:
                return outcome
        return None

    def send(self, request: Request, done: Callable[[Outcome], None]) -> None:
        """Send a request; `done` is called in the world with what comes back."""
        self.internet.send(request, lambda answer: done(self._changed(answer)))

    def fetch(self, request: Request) -> Outcome:
        """Send a request and wait for what comes back, whatever clock there is."""
        return self._changed(self.internet.fetch(request))

    def tell(self, request: Request, answer: Answer) -> None:
        """Tell everybody what the firmware got."""
        self.last = answer
        for listener in self.listeners:
            listener(request, answer)

    def _changed(self, answer: Answer) -> Outcome:
        outcome: Outcome = answer
        for change in self.after:
            if outcome is not None:
                outcome = change(outcome)
        return outcome

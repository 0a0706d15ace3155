"""When the scheduler has to look at a charger again."""

from dataclasses import dataclass

from .charging import modes
from .charging.mode import ModeSettings, Progress, Step
from .model import Charger, OrderState

AGAIN_MS = 600_000
"""Until an order for "on" that came to nothing is given again."""
NEVER = 2**62


@dataclass(slots=True)
class Attention:
    """What the scheduler remembers of one charger between two looks."""

    loaded: bool = False
    rev: int = 0
    begun: bool = True
    """Whether its settings have been acted upon."""
    before: ModeSettings | None = None
    """What was acted upon until then, if that is known."""
    seen: Charger | None = None
    due_ms: int = NEVER
    planned_with: tuple[int, int] | None = None
    """Revisions of prices and profile that the plan rests on."""
    asked_ms: int | None = None

    def is_due(self, charger: Charger, now_ms: int) -> bool:
        """Whether anything has changed, or a time has come that the mode waits for."""
        if not self.begun or now_ms >= self.due_ms:
            return True
        if charger is self.seen:
            return False
        # Most chargers are in nobody's mode, and each of them changes with every message.
        order = charger.order.id if charger.order else 0
        if charger.progress.step is not Step.resting or charger.progress.order != order:
            return True
        self.seen = charger
        return False

    def may_ask_again(self, charger: Charger, now_ms: int) -> bool:
        """Whether power may be asked for: at once, but again only after a while."""
        order = charger.order
        if order is None or order.state in (OrderState.done, OrderState.pending):
            return True
        if not order.relay_on or order.reason == "superseded":
            return True
        asked_ms = order.created_ms if self.asked_ms is None else self.asked_ms
        return (
            now_ms - asked_ms >= AGAIN_MS
            or charger.progress.since_ms > order.created_ms
        )


def wait_ms(progress: Progress, now_ms: int) -> int:
    """Return how long nothing happens if nothing changes; `now_ms` is the charger's own time."""
    dates = [progress.ready_ms or NEVER]
    if progress.plan is not None:
        dates += [each for run in progress.plan.runs for each in run]
    if progress.step is Step.done and progress.why == "full":
        dates.append(progress.since_ms + modes.PROBE_AFTER_MS)
    if progress.step is Step.probing:
        dates.append(progress.since_ms + modes.PROBE_MOST_MS + 1)
    if progress.step in (Step.charging, Step.probing) and not progress.asked:
        dates.append(now_ms + AGAIN_MS)
    return min((each - now_ms for each in dates if each > now_ms), default=NEVER)

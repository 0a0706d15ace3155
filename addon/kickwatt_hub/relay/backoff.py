"""How long a hub waits before it dials again: twice as long each time, up to a minute, and never all at once."""

import random

FIRST_S = 1.0
LONGEST_S = 60.0


def pause_s(failures: int, rng: random.Random) -> float:
    """Return seconds after so many failures in a row (from 1), between half and the whole of the step."""
    step_s: float = min(LONGEST_S, FIRST_S * 2 ** min(failures - 1, 16))
    return step_s * rng.uniform(0.5, 1.0)

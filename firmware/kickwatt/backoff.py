"""How long to wait after failures in a row."""

import os

STEPS_S = (5, 15, 60, 300, 900)


def delay_ms(failures: int) -> int:
    """Return the pause after the `failures`-th failure in a row, with up to a quarter added by chance.

    The chance keeps a fleet that lost its hub at the same moment from coming back at the same moment.
    """
    step_ms = STEPS_S[min(max(failures, 1), len(STEPS_S)) - 1] * 1000
    return step_ms + step_ms * os.urandom(1)[0] // 1024

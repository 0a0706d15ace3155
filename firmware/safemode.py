"""Runs instead of code.py when CircuitPython has gone to safe mode; there code.py never runs, so somebody must leave it.

The relay is off: no pin is driven in safe mode. Each time in a row the board waits longer before it tries again, and
the journal tells the next start why this one ended, so that the hub hears of it.
"""

import time

import microcontroller
import supervisor

WAITS_S = (5, 30, 120, 600)

reason = supervisor.runtime.safe_mode_reason
# Asked for by a person, or by code that a person runs: leave them alone with the console and the drive.
wanted = (supervisor.SafeModeReason.USER, supervisor.SafeModeReason.PROGRAMMATIC)

if reason not in wanted:
    names = {
        supervisor.SafeModeReason.BROWNOUT: "brownout",
        supervisor.SafeModeReason.WATCHDOG: "watchdog",
    }
    wait_s = WAITS_S[-1]  # where the journal itself is the trouble
    try:
        from kickwatt.journal import Journal
        from kickwatt.memory import Memory

        times = Memory(Journal(microcontroller.nvm)).note_safe_mode(
            names.get(reason, "safe_mode")
        )
        wait_s = WAITS_S[min(times, len(WAITS_S)) - 1]
    except Exception as error:  # whatever it is, the board must come back
        print("journal:", error)
    print("safe mode:", reason, "- restart in", wait_s, "s")
    time.sleep(wait_s)
    microcontroller.reset()

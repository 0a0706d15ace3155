"""Memory, watchdog and the reason of the start."""

import world


class ResetReason:
    POWER_ON, BROWNOUT, SOFTWARE, WATCHDOG, RESET_PIN = range(5)


class cpu:
    reset_reason = ResetReason.POWER_ON


nvm = world.nvm
watchdog = world.Watchdog()

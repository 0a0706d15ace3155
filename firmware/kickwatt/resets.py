"""Why the board started, in the words of docs/protocol.md."""

import microcontroller


def reason() -> str:
    """Return the name of the processor's reset reason."""
    reasons = microcontroller.ResetReason
    now = microcontroller.cpu.reset_reason
    for value, name in (
        (reasons.POWER_ON, "power_on"),
        (reasons.BROWNOUT, "brownout"),
        (reasons.SOFTWARE, "software"),
        (reasons.WATCHDOG, "watchdog"),
        (reasons.RESET_PIN, "reset_pin"),
    ):
        if now == value:
            return name
    return "unknown"

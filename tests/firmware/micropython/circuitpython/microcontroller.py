"""`microcontroller`: memory, watchdog, reset."""

import link

_TELL_NS = 1_000_000_000


class ResetReason:
    """Why the board started."""

    POWER_ON = "POWER_ON"
    BROWNOUT = "BROWNOUT"
    SOFTWARE = "SOFTWARE"
    WATCHDOG = "WATCHDOG"
    RESET_PIN = "RESET_PIN"


class _Processor:
    @property
    def reset_reason(self):
        return link.ask_for_bytes("reset_reason").decode()


class _Memory:
    def __len__(self):
        return link.ask("memory_size")

    def __getitem__(self, where):
        return link.ask_for_bytes("recall %d %d" % (where.start, where.stop))

    def __setitem__(self, where, data):
        if len(data) != where.stop - where.start:
            raise ValueError("Slice and value different lengths.")
        link.ask("store %d" % where.start, data)


class _Watchdog:
    def __init__(self):
        self.timeout = 0
        self._told_ns = 0

    @property
    def mode(self):
        return None

    @mode.setter
    def mode(self, mode):
        link.ask("guard %d" % self.timeout)

    def feed(self):
        link.look()
        # Once a second is enough to tell: a second of the eight less for the firmware.
        if link.now_ns - self._told_ns >= _TELL_NS:
            self._told_ns = link.now_ns
            link.ask("feed")


def reset():
    """Start anew."""
    link.ask("reset")


cpu = _Processor()
nvm = _Memory()
watchdog = _Watchdog()

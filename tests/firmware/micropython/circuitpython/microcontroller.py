"""`microcontroller`: memory, watchdog, reset."""

from link import link

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
        return link.ask_for_bytes(f"recall {where.start} {where.stop}")

    def __setitem__(self, where, data):
        if len(data) != where.stop - where.start:
            raise ValueError("Slice and value different lengths.")
        link.ask(f"store {where.start}", data)


class _Watchdog:
    def __init__(self):
        self.timeout = 0
        self._mode = None
        self._told_ns = 0

    @property
    def mode(self):
        return self._mode

    @mode.setter
    def mode(self, mode):
        self._mode = mode
        link.ask(f"guard {self.timeout}")

    def feed(self):
        link.look()
        # Once a second is enough to tell: the firmware has one of its eight seconds less.
        if link.now_ns - self._told_ns >= _TELL_NS:
            self._told_ns = link.now_ns
            link.ask("feed")


def reset():
    """Start anew."""
    link.ask("reset")


cpu = _Processor()
nvm = _Memory()
watchdog = _Watchdog()

"""`busio`."""

from link import link


class UART:
    """A UART on a pair of pins."""

    def __init__(self, tx, rx, *, baudrate=9600, timeout=1, receiver_buffer_size=64):
        self._name = tx
        self._seen = -1
        self._waiting = 0
        link.ask(
            f"uart {tx} {rx} {baudrate} {int(timeout * 1000)} {receiver_buffer_size}"
        )

    @property
    def in_waiting(self):
        link.look()
        if self._seen != link.arrivals or link.now_ns >= link.arrival_ns:
            self._waiting = link.ask(f"waiting {self._name}")
            self._seen = link.arrivals
        return self._waiting

    def read(self, count):
        self._seen = -1
        return link.ask_for_bytes(f"read {self._name} {count}") or None

    def write(self, data):
        return link.ask(f"write {self._name}", data)

    def reset_input_buffer(self):
        self._seen = -1
        link.ask(f"clear {self._name}")

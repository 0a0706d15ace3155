"""`busio`."""

import link


class UART:
    """A UART on a pair of pins."""

    def __init__(self, tx, rx, *, baudrate=9600, timeout=1, receiver_buffer_size=64):
        self._name = tx
        self._asked = -1
        self._waiting = 0
        link.ask(
            "uart %s %s %d %d %d"
            % (tx, rx, baudrate, int(timeout * 1000), receiver_buffer_size)
        )

    @property
    def in_waiting(self):
        link.look()
        if self._asked != link.asked:
            self._waiting = link.ask("waiting %s" % self._name)
            self._asked = link.asked
        return self._waiting

    def read(self, count):
        return link.ask_for_bytes("read %s %d" % (self._name, count)) or None

    def write(self, data):
        return link.ask("write %s" % self._name, data)

    def reset_input_buffer(self):
        link.ask("clear %s" % self._name)

"""UARTs: a part of the world at each."""

import board
import world


class UART:
    def __init__(self, tx, rx, *, baudrate, timeout, receiver_buffer_size):
        self.part = world.modem if tx == board.GP0 else world.meter
        self.received = b""

    @property
    def in_waiting(self):
        return len(self.received)

    def read(self, count):
        data, self.received = self.received[:count], self.received[count:]
        return data or None

    def write(self, data):
        self.received += self.part.answer(bytes(data))
        return len(data)

    def reset_input_buffer(self):
        self.received = b""

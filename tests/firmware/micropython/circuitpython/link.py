"""How the modules in this folder reach the simulated board, which another process has (see `bridge.py`).

A request is a line on standard output that begins with a byte that no firmware prints; the answer is a line on standard
input. Behind either there may be bytes. The board's time stands still while nobody asks.

With WATCH_HEAP in the environment each request also says how many bytes of the heap are in use once the garbage is gone.
"""

import gc
import os
import sys

_LOOK_NS = 20_000  # what one look at the hardware costs, as in the simulator
_NAP_NS = 450_000_000  # how long a rest gets while nothing happens: fewer turns of the firmware's loop
_WATCH_HEAP = os.getenv("WATCH_HEAP")


class Link:
    """Time, and everything that is wired to the board.

    `quiet_ns` is how far time may go without anything happening, and `arrival_ns` when the next byte reaches a UART;
    up to there nothing need be asked. While `events` (or `arrivals`, for a UART) stays the same, what the hardware last
    said is still so. `rest_ns` is when everything under way to the UARTs has arrived.
    """

    def __init__(self):
        self.now_ns = 0
        self.quiet_ns = 0
        self.arrival_ns = 0
        self.rest_ns = 0
        self.events = 0
        self.arrivals = 0

    def ask(self, what, data=b""):
        """Have something done; return the number that came of it."""
        in_use = 0
        if _WATCH_HEAP:
            gc.collect()
            in_use = gc.mem_alloc()
        print(f"\x02{self.now_ns} {in_use} {len(data)} {what}")
        if data:
            sys.stdout.buffer.write(data)
        answer = sys.stdin.buffer.readline().split()
        self.now_ns = int(answer[0])
        quiet_ns = int(answer[1])
        if quiet_ns != self.quiet_ns:
            self.quiet_ns = quiet_ns
            self.events += 1
        arrival_ns = int(answer[2])
        if arrival_ns != self.arrival_ns:
            self.arrival_ns = arrival_ns
            self.arrivals += 1
        self.rest_ns = int(answer[3])
        return int(answer[4])

    def ask_for_bytes(self, what):
        """Have something done; return the bytes that came of it."""
        return sys.stdin.buffer.read(self.ask(what))

    def look(self):
        """Let the time pass that a look at the hardware takes."""
        self.now_ns += _LOOK_NS
        if self.now_ns >= self.quiet_ns:
            self.ask("look")

    def pass_time(self, until_ns):
        """Let time pass."""
        if until_ns < self.quiet_ns:
            nap_ns = min(self.now_ns + _NAP_NS, self.quiet_ns - 1, self.rest_ns)
            self.now_ns = max(until_ns, nap_ns)
        else:
            self.ask(f"sleep {until_ns}")


link = Link()

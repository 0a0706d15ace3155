"""How the modules in this folder reach the simulated board, which another process has (see `bridge`).

A request is a line on standard output that begins with a byte that no firmware prints; the answer is a line on standard
input. Both may carry bytes behind the line. The board's time stands still while nobody asks; `quiet_ns` is how far it
may go without anything happening that the firmware could notice, so that little need be asked.
"""

import sys

_LOOK_NS = 20_000  # what one look at the hardware costs, as in the simulator

now_ns = 0
quiet_ns = 0
asked = 0


def ask(what, data=b""):
    """Have something done; return the number that came of it."""
    global now_ns, quiet_ns, asked
    print("\x02%d %d %s" % (now_ns, len(data), what))
    if data:
        sys.stdout.buffer.write(data)
    answer = sys.stdin.buffer.readline().split()
    now_ns = int(answer[0])
    quiet_ns = int(answer[1])
    asked += 1
    return int(answer[2])


def ask_for_bytes(what):
    """Have something done; return the bytes that came of it."""
    return sys.stdin.buffer.read(ask(what))


def look():
    """Let the time pass that a look at the hardware takes."""
    global now_ns
    now_ns += _LOOK_NS
    if now_ns >= quiet_ns:
        ask("look")


def pass_time(until_ns):
    """Let time pass."""
    global now_ns
    if until_ns < quiet_ns:
        now_ns = max(now_ns, until_ns)
    else:
        ask("sleep %d" % until_ns)

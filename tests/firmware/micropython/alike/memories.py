"""The journal and what it means, on a flash whose supply fails now and then."""

from chance import Chance

from kickwatt.config import RULES, Limits
from kickwatt.journal import Journal
from kickwatt.memory import Memory
from kickwatt.session import Session

OWN = Limits(0, 115, 300, 43_200, 2_000, 3_000)
chance = Chance(4)


class PowerFailed(Exception):
    """The supply went away in the middle of a write."""


class Flash:
    """The board's NVM; a write stops where the supply fails."""

    def __init__(self, size):
        self.content = bytearray(b"\xff" * size)

    def __len__(self):
        return len(self.content)

    def __getitem__(self, where):
        return self.content[where]

    def __setitem__(self, where, data):
        if not chance.below(40):
            torn = chance.below(len(data))
            self.content[where.start : where.start + torn] = data[:torn]
            raise PowerFailed
        self.content[where] = data


def boot(flash):
    """Start a board on this flash, and print what it remembers."""
    memory = Memory(Journal(flash))
    print(
        memory.was_blank, memory.order(), memory.trips(), memory.pin_was_wrong("1234")
    )
    session = Session()
    memory.resume_session(session)
    print(session.spent_wh, session.base_wh, session.peak_dw, session.closed_ms(0))
    limits = memory.limits(OWN)
    print(limits.rev, limits.cutoff_dw, limits.max_ma, limits.rule, limits.balance_s)
    learned = memory.learned()
    print(learned.idle_mw, learned.tau_s, learned.plateau_mw)
    print(memory.start_boot(chance.one_of(("power_on", "watchdog", "brownout"))))
    return memory


def live(memory, flash):
    """Do something that is remembered."""
    what = chance.below(8)
    if what == 0:
        memory.note_order(
            chance.below(1000),
            chance.below(2) == 1,
            chance.one_of((None, "trip", "button")),
        )
    elif what == 1:
        memory.note_trips(chance.below(1024))
    elif what == 2:
        session = Session()
        session.resume(
            chance.below(9000),
            chance.below(3000),
            chance.below(9000),
            chance.below(2) * 900,
        )
        memory.note_session(session, 0, chance.below(2) == 1)
    elif what == 3:
        memory.note_wrong_pin(chance.one_of(("1234", "4321")))
    elif what == 4:
        memory.settled()
    elif what == 5:
        learned = memory.learned()
        learned.add(chance.below(300_000), chance.below(9_000), chance.below(20_000))
        memory.note_learned(learned)
    elif what == 6:
        memory.note_limits(
            Limits(
                3, 200, 600, 7_200, 500, 2_500, chance.one_of(RULES), chance.below(9000)
            )
        )
    else:
        memory.move_boot(chance.below(1_000_000) + 1)


for size in (256, 4096):
    flash = Flash(size)
    for _ in range(60):
        try:
            memory = boot(flash)
            for _ in range(chance.below(30)):
                live(memory, flash)
        except PowerFailed:
            print("power failed")
    print(bytes(flash.content))

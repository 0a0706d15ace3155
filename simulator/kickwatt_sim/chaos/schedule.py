"""Random schedules of trouble, each a scenario that follows from its seed alone."""

import random
from typing import Any, Final

from ..faults import FAULTS
from ..faults.registry import Allowed, Between, OneOf, Whole
from ..scenario import Scenario, Step

# What no run of half an hour can use up: one event of the world per few milliseconds.
_NARROWER: Final = {
    ("relay_bounces", "every_s"): Between(0.5, 60),
    ("modem_chatter", "every_s"): Between(0.2, 10),
    ("hub_slow", "seconds"): Between(0, 120),
    ("modem_slow", "seconds"): Between(0, 12),
}
# What the guard is there for: half of all draws.
_DANGEROUS: Final = (
    "button_held",
    "current_input_stuck",
    "endless_charge",
    "flash_worn",
    "mains_lost",
    "mains_sag",
    "meter_crc",
    "meter_silent",
    "meter_stuck",
    "meter_zeros",
    "no_network",
    "power_cut",
    "reboot",
    "relay_bounces",
    "relay_welded",
    "reply_replayed",
    "runaway_current",
    "voltage_input_stuck",
)
_SHORTEST_S: Final = 1.0
_LONGEST_S: Final = 600.0


def draw(seed: int, duration_s: float) -> Scenario:
    """Return a schedule of two to seven faults and some visits by a person within the duration."""
    luck = random.Random(f"chaos:{seed}")
    steps = [Step("plug_in", after_s=0.0, charge=_charge(luck))]
    steps += [_fault(luck, duration_s) for _ in range(luck.randint(2, 7))]
    steps += [_visit(luck, duration_s) for _ in range(luck.randint(0, 3))]
    return Scenario(f"chaos-{seed}", f"Drawn with seed {seed}.", tuple(steps))


def _charge(luck: random.Random) -> tuple[float, float]:
    # Often nearly full, so that runs see the end of a charge.
    charge = round(luck.choice((luck.uniform(0.1, 0.8), luck.uniform(0.93, 0.99))), 3)
    return charge, charge


def _fault(luck: random.Random, duration_s: float) -> Step:
    name = luck.choice(luck.choice((_DANGEROUS, sorted(FAULTS))))
    fault = FAULTS[name]
    parameters = {
        key: _parameter(luck, _NARROWER.get((name, key), allowed))
        for key, allowed in fault.parameters.items()
        if luck.random() < 0.5
    }
    lasts_s = luck.choice(
        (luck.uniform(_SHORTEST_S, 20.0), luck.uniform(20, _LONGEST_S))
    )
    return Step(
        "fault",
        after_s=round(luck.uniform(0, duration_s * 0.9), 1),
        fault=name,
        lasts_s=round(lasts_s, 1),
        parameters=parameters,
    )


def _parameter(luck: random.Random, allowed: Allowed) -> Any:
    if isinstance(allowed, OneOf):
        return luck.choice(allowed.words)
    least, most = allowed.least, allowed.most
    # Small numbers as often as large ones.
    value = least + (most - least) * luck.random() ** 3
    if isinstance(allowed, Whole):
        return min(round(value), int(most))
    return round(value, 3)


def _visit(luck: random.Random, duration_s: float) -> Step:
    do = luck.choice(("plug_in", "unplug", "press_button", "press_button"))
    return Step(
        do,
        after_s=round(luck.uniform(0, duration_s), 1),
        # Now and then a child plays with the button.
        every_s=25.0 if do == "press_button" and luck.random() < 0.1 else None,
        charge=_charge(luck) if do == "plug_in" else None,
    )

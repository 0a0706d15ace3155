"""Pictures of decisions for docs/charging.md."""

from pathlib import Path

from kickwatt_hub.charging.replay import replay
from kickwatt_hub.plot import draw
from kickwatt_sim.charges import charge, outlet

from .estimates import rows

SCOOTER = 347
"""Ten NMC cells on a brick of 2 A, as most e-scooters have."""
SHOWN = {
    "charging-plain": ("A charge, its phases and its end", "none", 3),
    "charging-swap": ("A battery swap is no end", "swap", 3),
    "charging-taper": ("Nor is a brick that is too hot for a while", "taper", 3),
    "charging-rerise": ("Nor a tail that rises once more", "rerise", 3),
    "charging-balancing": ("Topping up after the end is no new charge", "balancing", 3),
    "charging-first": (
        "The first charge of a charger: nothing is known yet",
        "none",
        0,
    ),
}


def draw_all(folder: Path) -> None:
    """Draw each into `folder`."""
    scooter = outlet(SCOOTER, interval_s=15, on_change=False)
    earlier = [
        rows(charge(SCOOTER + seed, of=scooter, fault="none", temperature_c=20.0))
        for seed in range(1, 4)
    ]
    for name, (title, fault, learned) in SHOWN.items():
        made = rows(
            charge(
                SCOOTER + 9,
                of=scooter,
                fault=fault,
                start_soc=0.15,
                health=0.95,
                temperature_c=20.0,
            )
        )
        found = replay(made, learned=earlier[:learned])
        draw(made, found, folder / f"{name}.svg", title)

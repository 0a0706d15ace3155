"""What the earlier charges of one charger have taught.

A profile is a value: the hub stores it with the charger and gives it to the detector and the estimator. Another charge
makes another profile; nothing is ever learned in place.
"""

from dataclasses import dataclass
from statistics import median

# Two charges must agree before what they taught is relied on: the first could have been somebody else's battery.
CHARGES_TO_TRUST = 2
# An ageing pack and a change of season must show within weeks, one odd charge must not: remember a few.
REMEMBERED_CHARGES = 8


@dataclass(frozen=True, slots=True)
class Charge:
    """One finished charge, as far as later ones can learn from it.

    `idle_w` is what the charger drew when it had nothing left to do, or None when the charge was cut before that could
    be seen. `tail_tau_s` is the time constant with which the power fell towards the end, or None without such a tail.
    """

    start_ms: int
    duration_s: float
    energy_wh: float
    plateau_w: float
    tail_w: float
    idle_w: float | None
    tail_tau_s: float | None
    curve_w: tuple[float, ...] = ()
    """Power at equal distances over the charge's duration."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The last full charges of one charger, oldest first."""

    charges: tuple[Charge, ...] = ()

    @property
    def trusted(self) -> bool:
        """Have enough charges been seen to rely on what they taught?"""
        return len(self.charges) >= CHARGES_TO_TRUST

    @property
    def idle_w(self) -> float | None:
        """What the charger draws at rest.

        The lowest that was seen, not the mean: a charge that is cut a little early leaves a rest that is too high, and
        learning from that would make the next cut earlier still.
        """
        return min(
            (charge.idle_w for charge in self.charges if charge.idle_w is not None),
            default=None,
        )

    @property
    def tail_tau_s(self) -> float | None:
        """The usual time constant of the tail."""
        known = [
            charge.tail_tau_s
            for charge in self.charges
            if charge.tail_tau_s is not None
        ]
        return median(known) if known else None

    @property
    def plateau_w(self) -> float | None:
        """The usual highest sustained power."""
        return (
            median(charge.plateau_w for charge in self.charges)
            if self.charges
            else None
        )

    @property
    def tail_w(self) -> float | None:
        """The usual power when the charge was over."""
        return (
            median(charge.tail_w for charge in self.charges) if self.charges else None
        )

    @property
    def energy_wh(self) -> float | None:
        """The usual energy of a charge at the wall."""
        return (
            median(charge.energy_wh for charge in self.charges)
            if self.charges
            else None
        )

    @property
    def duration_s(self) -> float | None:
        """The usual duration of a charge."""
        return (
            median(charge.duration_s for charge in self.charges)
            if self.charges
            else None
        )


NOTHING_LEARNED = Profile()


def learn(profile: Profile, charge: Charge) -> Profile:
    """Return the profile with one more charge; the order of arrival does not matter, only the charges' own times."""
    charges = {each.start_ms: each for each in (*profile.charges, charge)}
    return Profile(
        tuple(charges[start_ms] for start_ms in sorted(charges)[-REMEMBERED_CHARGES:])
    )

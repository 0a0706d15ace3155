"""The numbers of the rule that starts and ends a charge; the firmware's own rule is held against these."""

from typing import Literal

from msgspec import Struct

from .profile import NOTHING_LEARNED, Profile

SLOT_MS = 30_000
SLOT_S = 30

# Rest is judged over eight minutes: shorter, and 0.5 W of resolution hides a slow tail; longer, and a charge that
# ended by itself is not cut within ten minutes.
REST_SLOTS = 16
# A tail that falls slowly is watched for up to half an hour.
WATCHED_SLOTS = 64

# Chargers draw 0.2 W to 12 W when they have nothing to do. Assume the most, also where less was learned: today's charger
# may be another one, and would never be low.
UNKNOWN_IDLE_W = 12.0
IDLE_MARGIN_W = 2.0

# Below this share of its peak a charge may be over. It is where the tail begins to be short against the hold.
LOW_SHARE = 0.10
# No charger rests above a quarter of what it charges with; without this bound a weak charger would be "low" all along.
LOW_SHARE_MOST = 0.25
# A rise by this share of the peak within the hold is a charge that goes on (late re-rises were recorded at a multiple of the tail).
RERISE_SHARE = 0.10
# Below this share of the plateau the power falls: before, it only rises (by about a tenth), apart from noise.
TAIL_BELOW = 0.93

LEFT_SHARE = 0.007
"""Of the charge's energy; the goal is one per cent, the rest is for what the estimate of the tail gets wrong."""

# The power of a lithium battery at constant voltage decays with a time constant of about half an hour when warm, and
# of more than an hour when cold or old (fitted to B. Saha and K. Goebel, 2007, "Battery Data Set", NASA Prognostics
# Data Repository). The tail is slower than what came before it, hence the factor.
TAIL_SLOWER = 1.5
TAU_LEAST_S = 20 * 60.0
TAU_MOST_S = 100 * 60.0

# Below this slope the level is called rest when something is learned from it.
FLAT_W_PER_MIN = 0.03
# The least that counts as a rise within the tail.
LEAST_RISE_W = 0.3
# The least that counts as the step with which a brick stops, and the least of a coarse meter's steps: a tail makes single ones.
DROP_W = 0.9
DROP_STEPS = 1.8
# The coarse resolutions of plugs in use, the coarsest first; a finer one drowns in the noise that it shows.
COARSE_STEPS_W = (5.0, 2.0, 1.0, 0.5)
# At rest above everything expected: flat for this long is over all the same, because nothing else would end it; and
# where a coarse step could hide too much of a tail, for at most so long.
STUCK_S = 30 * 60
STUCK_MOST_S = 60 * 60
# A charger whose idle draw is known is at rest within this much of it.
AT_REST_W = 0.75
# The plain threshold arms at this multiple of the cut-off power: 20 W at the usual 11.5 W.
THRESHOLD_ARMS_AT = 1.75
# What an outlet shows when the battery, or the charger, was taken away.
NOTHING_W = 3.0

# The peak must be held for that long: one wrong reading of a source that is asked once a minute is not.
PLATEAU_SLOTS = 4

# A phase is named once it has lasted longer than the longest sag that is forgiven.
PHASE_SLOTS = 12


class DetectorSettings(Struct, frozen=True):
    """What the owner chose, and what the charger's earlier charges taught.

    `unchanged_s` is how long a reading stays true without another one: three intervals of a source that is polled, or
    the longest silence of one that reports only on change.
    """

    cutoff_w: float = 11.5
    hold_s: int = 300
    rule: Literal["robust", "threshold"] = "robust"
    """By the charge's shape, or by `cutoff_w` and `hold_s` alone, as the owner chose for the board."""
    balance_s: int = 0
    """So long a charge goes on after it is full, unless its power rises again."""
    first_hold_s: int = 480
    """The hold until the charger's charges are known: pauses and re-rises of a strange charger are longer than dips."""
    arm_w: float = 20.0
    arm_s: int = 60
    arm_wh: float = 2.0
    unchanged_s: int = 120
    lost_s: int = 180
    """A relay that is found open after a longer silence was opened by the loss of mains power, not by anybody."""
    forget_s: int = 6 * 3600
    """After a longer silence the charge is over; what was measured next belongs to another one."""
    learned: Profile = NOTHING_LEARNED

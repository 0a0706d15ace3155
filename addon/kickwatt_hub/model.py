"""The values that flow through the hub: frozen, with their units in their names.

Times are Unix milliseconds in UTC (`…_ms`). None means "not known", never "zero".
"""

from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Literal

from msgspec import Struct

from .charging.decision import Decision
from .charging.mode import MANUAL, ModeSettings, Progress
from .watch import Watch

CLOCK_AHEAD_MS = 24 * 3_600_000
"""A device's own clock that is further ahead than this is wrong."""


CLOCK_BEGAN_MS = 1_577_836_800_000
"""A device's own clock that is further back than 2020 has not been set yet."""


class Scope(IntEnum):
    """What a token may do; each scope from `read` on includes the ones before it."""

    own = 0
    """Only the holder's own meters (docs/management.md): who registered, but was not let in to the chargers."""
    read = 1
    control = 2
    admin = 3


class Kind(StrEnum):
    """Which protocol a charger speaks."""

    s1 = "s1"
    legacy = "legacy"
    vecharge = "vecharge"
    """It is behind a server of that kind, whose client the hub is (docs/vecharge.md)."""

    @property
    def numbers_its_readings(self) -> bool:
        """Whether a reading's number tells which is newer; of the others only their own clock does."""
        return self is Kind.s1


class OrderState(StrEnum):
    """How far an order has come."""

    pending = "pending"
    done = "done"
    refused = "refused"
    expired = "expired"


class Position(Struct, frozen=True, order=True, array_like=True, gc=False):
    """Where a reading stands in its charger's own order: what was measured later compares greater.

    S1 numbers its samples within a boot. For the seed's format the hub counts the readings itself, in boot 0.
    """

    boot: int
    number: int


class Reading(Struct, frozen=True, array_like=True, gc=False):
    """What a charger measured at one instant.

    The store keeps it as an array of its fields: new ones go to the end and need a default.
    """

    position: Position
    time_ms: int
    relay_on: bool | None
    voltage_v: float | None
    current_a: float | None
    power_w: float | None
    power_factor: float | None
    meter_wh: int | None
    """The meter's own counter, which may start again at zero."""
    energy_wh: float | None = None
    """The charger's lifetime energy, which never falls."""

    @property
    def apparent_power_va(self) -> float | None:
        """Volts times amperes."""
        if self.voltage_v is None or self.current_a is None:
            return None
        return self.voltage_v * self.current_a


class ChargerSettings(Struct, frozen=True, kw_only=True):
    """What the owner may set on a board. Defaults are those of the firmware."""

    cutoff_w: float = 11.5
    hold_s: int = 300
    max_hours: float = 12.0
    max_wh: int = 2000
    max_a: float = 3.0
    rule: Literal["robust", "threshold"] = "robust"
    """How the board knows the end: by the charge's shape, or by `cutoff_w` and `hold_s` alone."""
    balance_min: int = 0
    """So long a full battery stays on."""


class LegacyFormat(Struct, frozen=True, kw_only=True):
    """How to read the seed's format, which leaves these open."""

    ampere_unit: str = "mA"
    """What `amper: 1` means: "mA" (firmware and text of the seed) or "dA" (its integration)."""
    utc_offset_min: int = 60
    """The zone of times without one. The seed's modem is told UTC+1."""
    power_factor: float | None = None
    """What the owner says of the charger, so that energy can be estimated; None: do not estimate."""


class Said(Struct, frozen=True, kw_only=True, array_like=True):
    """What a board said about itself in its newest message; names and values are those of S1.

    The store keeps it as an array of its fields: new ones go to the end and need a default.
    """

    fw: str
    up: int
    reset: str
    clock: int | None
    csq: int
    state: str
    relay: int
    why: str
    trips: tuple[str, ...]
    order: int
    refused: str | None
    rev: int
    left: int
    supply_mv: int | None = None
    next_s: int | None = None


class Session(Struct, frozen=True, kw_only=True):
    """One charge. It runs while `end_ms` is None."""

    id: int
    start_ms: int
    end_ms: int | None
    energy_wh: float | None
    peak_power_w: float | None
    end_reason: str | None


class SessionCost(Struct, frozen=True, kw_only=True):
    """What a session has cost so far."""

    session_id: int
    amount: Decimal
    currency: str
    priced_wh: float
    unpriced_wh: float
    """Energy whose price nobody knows; it is not in the amount."""


class Forecast(Struct, frozen=True, kw_only=True):
    """When the running charge will be full, as of `at_ms`; in four of five cases between `low_ms` and `high_ms`."""

    at_ms: int
    full_ms: int
    low_ms: int
    high_ms: int
    learned: bool
    """Whether it rests on earlier charges of this charger."""


class Order(Struct, frozen=True, kw_only=True):
    """What somebody wanted of a relay. The hub's own orders carry a reason: "mode" or "guard_…"."""

    id: int
    charger_id: str
    relay_on: bool
    created_ms: int
    state: OrderState = OrderState.pending
    reason: str | None = None


type SourceState = Literal[
    "connecting", "connected", "unreachable", "refused", "held", "released"
]


class Source(Struct, frozen=True, kw_only=True):
    """How it stands with the server that a charger is behind. It says nothing of the token."""

    url: str
    remote_id: str
    state: SourceState
    since_ms: int
    message: str | None = None
    """One sentence for a person, where something is wrong."""
    engine_io: int | None = None
    """The revision that the two have found."""


class Charger(Struct, frozen=True, kw_only=True):
    """A charger as the hub knows it at one moment."""

    id: str
    name: str
    kind: Kind
    simulated: bool
    settings: ChargerSettings
    settings_rev: int
    """0: the owner never set anything, so the board keeps its own."""
    legacy: LegacyFormat
    online: bool = False
    last_seen_ms: int | None = None
    interval_s: int = 60
    """Seconds until the next message that the board was told."""
    said: Said | None = None
    csq: int | None = None
    """Signal as `AT+CSQ` gives it."""
    phase: str = "off"
    """What the brain makes of the readings: off, idle, charging, full."""
    charge_phase: str = "idle"
    """Where in its course the charge is: idle, inrush, constant_current, constant_voltage, balancing."""
    forecast: Forecast | None = None
    """None while no charge runs, and in its first minutes."""
    desired_on: bool | None = None
    """None: nobody has asked yet, which a board is told as "off"."""
    order: Order | None = None
    """The newest order."""
    reading: Reading | None = None
    session: Session | None = None
    """The running one, else the last."""
    cost: SessionCost | None = None
    """Of that session."""
    mode: ModeSettings = MANUAL
    progress: Progress = Progress()
    """How far it has come in its mode."""
    source: Source | None = None
    """Of a charger that is behind another system's server."""

    @property
    def settings_pending(self) -> bool:
        """Whether the board works with other settings than the owner's."""
        if not self.settings_rev:
            return False
        return self.said is None or self.said.rev != self.settings_rev

    @property
    def switchable(self) -> bool:
        """Whether the hub can send orders to it."""
        return self.kind is not Kind.legacy

    @property
    def relay_on(self) -> bool | None:
        """What the device says of its relay."""
        return None if self.said is None else bool(self.said.relay)

    @property
    def state(self) -> str:
        """One word for what it is doing: unknown, off, idle, charging, full, tripped.

        A board's own word counts where it has one. That a charge has ended while the relay is still closed is
        known only from the readings.
        """
        if self.said is None:
            return self.phase if self.reading else "unknown"
        if self.said.state == "tripped" or self.said.trips:
            return "tripped"
        if self.said.state == "done":
            return "full"
        if not self.said.relay:
            return "off"
        if self.phase in ("charging", "full"):
            return self.phase
        return "charging" if self.said.state == "charging" else "idle"


class Place(Struct, frozen=True, kw_only=True):
    """Where a charger stands: degrees, WGS 84."""

    address: str
    longitude: float
    latitude: float


class User(Struct, frozen=True, kw_only=True):
    """An account."""

    name: str
    email: str | None
    scope: Scope
    """The most that a token from logging in may do."""
    created_ms: int


class Token(Struct, frozen=True, kw_only=True):
    """A token without its secret."""

    id: int
    user: str
    name: str
    scope: Scope
    created_ms: int
    expires_ms: int | None


class Conversation(Struct, frozen=True, kw_only=True, array_like=True):
    """What must survive a crash of the conversation with one charger.

    The store keeps it as an array of its fields: new ones go to the end and need a default.
    """

    boot: int = 0
    seq: int = 0
    number: int = 0
    """The highest sample number of this boot that is stored."""
    mac: bytes | None = None
    """The first bytes of the newest message's, so that its exact repeat is recognised."""
    reply: bytes | None = None
    """The JSON that answered it, not sealed: the same seal can be set again."""
    interval_s: int = 60
    last_seen_ms: int | None = None
    said: Said | None = None
    energy_wh: float | None = None
    meter_wh: int | None = None
    desired_on: bool | None = None
    newest_ms: int | None = None
    """The latest time of any row in the seed's format; None: not known."""


class SessionRecord(Struct, frozen=True, kw_only=True):
    """A session as it is stored: with where the brain stood when it ended."""

    session: Session
    ended_at: Position | None = None
    place: bytes | None = None
    """JSON of brain.Place; `place_ms` is the time of the newest reading in it."""
    place_ms: int | None = None
    lesson: bytes | None = None
    """JSON of what it taught; None where it did not become full."""


class DecisionRecord(Struct, frozen=True, kw_only=True):
    """A decision about a charger.

    It belongs to the stored session `session`, or to the one at the index `record` of its delivery, or to none.
    """

    decision: Decision
    by_board: bool = False
    session: int | None = None
    record: int | None = None


class Delivery(Struct, frozen=True, kw_only=True):
    """Everything that one message, or one order, changes about a charger: stored together or not at all."""

    charger_pk: int
    conversation: Conversation
    readings: tuple[Reading, ...] = ()
    orders: tuple[Order, ...] = ()
    sessions: tuple[SessionRecord, ...] = ()
    """A session with id 0 is new."""
    decisions: tuple[DecisionRecord, ...] = ()
    corrected_from_ms: int | None = None
    """What the hub decided after this is replaced by `decisions`; None: they are new."""
    gone: tuple[int, ...] = ()
    """Ids of sessions that never were."""
    profile: bytes | None = None
    """What its charges have taught, when that changed."""
    watch: Watch | None = None
    """What the guards have counted up to this; None: as it was."""

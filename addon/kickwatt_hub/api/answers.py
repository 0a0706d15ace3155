"""What the native API answers, as types: shapes.py makes them, the OpenAPI document describes them.

Times are RFC 3339 in UTC; null is "not known".
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from ..charging import mode as modes
from ..charging.periods import Period
from ..model import Kind, OrderState, SourceState
from ..pricing import FixedPrice, NoPrice, PriceFeed, TimeOfUseTable
from .bodies import Time

type OnOff = Literal["on", "off"]
type ScopeName = Literal["own", "read", "control", "admin"]


class Refusal(Struct):
    """Why not: `field` names what is wrong, if one field is."""

    code: str
    message: str
    field: str | None


class Error(Struct):
    """Every refusal of the native API."""

    error: Refusal


class Healthy(Struct):
    """The hub can do its work."""

    status: Literal["ok"]
    relay: Literal["connected", "not connected"] | msgspec.UnsetType = msgspec.UNSET


class Info(Struct):
    """What the hub says of itself to anybody."""

    product: Literal["kickwatt"]
    hub_id: Annotated[str, Meta(pattern="^[0-9a-f]{32}$")]
    name: str
    version: str
    api: int
    firmware: str
    """The newest that the hub knows."""


class RelayConnection(Struct):
    """Where the hub has dialled out to."""

    url: str
    connected: bool
    since: Time | None
    hub: str | None
    device_url: str | None
    error: str | None


class RelayStatus(Struct):
    """Null without a relay."""

    relay: RelayConnection | None


class Me(Struct):
    """Whose token it is."""

    user: str
    scope: ScopeName
    simulator: bool
    """Whether a simulation runs beside this hub."""


class LoggedIn(Struct):
    """A token, told this once."""

    token: str
    scope: ScopeName
    expires: Time


class User(Struct):
    """An account."""

    name: str
    email: str | None
    admin: bool
    created: Time


class Token(Struct):
    """A token without its secret."""

    id: int
    user: str
    name: str
    scope: ScopeName
    created: Time
    expires: Time | None


class TokenWithSecret(Token):
    """A token with its secret, told this once."""

    token: str


class Relay(Struct):
    """What the device says of its relay, and what was asked for."""

    reported: OnOff | None
    desired: OnOff | None
    pending: bool
    reason: str | None


class Reading(Struct):
    """What a charger measured at one instant."""

    time: Time
    voltage_v: float | None
    current_a: float | None
    power_w: float | None
    apparent_power_va: float | None
    power_factor: float | None
    energy_wh: float | None


class PastReading(Reading):
    """A reading of the past."""

    relay: OnOff | None


class Session(Struct):
    """One charge; it runs while `end` is null."""

    id: int
    start: Time
    end: Time | None
    energy_wh: float | None
    peak_power_w: float | None
    end_reason: str | None
    cost: float | None
    currency: str | None
    unpriced_wh: float | None


class Forecast(Struct):
    """When the running charge will be full."""

    expected: Time
    earliest: Time
    latest: Time
    learned: bool
    as_of: Time


class Source(Struct):
    """The other system's server that a charger is behind."""

    url: str
    remote_id: str
    state: SourceState
    since: Time
    message: str | None
    engine_io: int | None


class Charge(Struct):
    """Where the charge stands."""

    phase: str
    full: Forecast | None


class ChargerSettings(Struct):
    """What the owner may set on a board."""

    cutoff_w: float
    hold_s: int
    max_hours: float
    max_wh: int
    max_a: float
    rule: Literal["robust", "threshold"]
    balance_min: int
    pending: bool


class ModeSettings(Struct):
    """How the charger behaves by itself."""

    name: modes.Mode
    target_wh: float | None
    target_percent: float | None
    hours: float | None
    ready_by: str | None
    zone: str | None
    prefer: modes.Prefer
    probe: bool
    learned_caps: bool


class Run(Struct):
    """A time in which the charger is to be on."""

    start: Time
    end: Time


class Plan(Struct):
    """When a charge runs, and what it costs."""

    runs: list[Run]
    hours: float
    energy_wh: float
    cost: float | None
    cost_at_once: float | None
    currency: str | None
    in_time: bool
    learned: bool


class PlanAnswer(Plan):
    """What if."""

    ready: Time


class Progress(Struct):
    """How far the charger has come in its mode."""

    step: modes.Step
    why: str
    wish: OnOff | None
    since: Time | None
    ready: Time | None
    plan: Plan | None


class Charger(Struct):
    """A charger as the hub knows it now."""

    id: str
    name: str
    kind: Kind
    simulated: bool
    online: bool
    last_seen: Time | None
    firmware: str | None
    signal_dbm: int | None
    supply_v: float | None
    clock_off_s: int | None
    state: Literal["unknown", "off", "idle", "charging", "full", "tripped"]
    trips: list[str]
    relay: Relay
    reading: Reading | None
    session: Session | None
    charge: Charge
    settings: ChargerSettings
    mode: ModeSettings
    progress: Progress
    source: Source | None


class ChargerWithKey(Struct):
    """A charger with its key and the lines for its board, told this once."""

    charger: Charger
    key: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None
    """Null where there is no board: the kind vecharge."""
    settings_toml: str | None


class RemovedCharger(Struct):
    """A charger that was removed while its history was kept."""

    id: str
    name: str
    kind: Kind
    removed: Time


class Kept(Struct):
    """How many days single readings are kept; null: for ever."""

    raw_days: int | None


class Order(Struct):
    """What somebody wanted of a relay."""

    id: int
    charger: str
    relay: OnOff
    created: Time
    state: OrderState
    reason: str | None


class Readings(Struct):
    """Single readings, oldest first; `next` is the start of the rest."""

    readings: list[PastReading]
    next: Time | None


class Stat(Struct):
    """What the readings of a span come to."""

    mean: float
    min: float
    max: float


class Point(Struct):
    """The readings of a span."""

    time: Time
    count: int
    power_w: Stat | None
    voltage_v: Stat | None
    current_a: Stat | None
    energy_wh: float | None


class Points(Struct):
    """Readings reduced to spans of `step_s`, oldest first."""

    points: list[Point]
    step_s: int


class Sessions(Struct):
    """The newest first."""

    sessions: list[Session]


class Level(Struct):
    """Half a minute's power."""

    time: Time
    power_w: float


class Decision(Struct):
    """What was decided, and why."""

    time: Time
    since: Time
    by: Literal["hub", "board"]
    session: int | None
    decision: str
    rule: str
    why: str
    numbers: dict[str, float]
    levels: list[Level]


class Decisions(Struct):
    """Of one charger, or of one session."""

    decisions: list[Decision]


class LearnedCharge(Struct):
    """A charge that became full; `power_w` are 48 values at equal distances."""

    start: Time
    duration_s: int
    energy_wh: float
    power_w: list[float]


class Learned(Struct):
    """What the last charges have taught."""

    trusted: bool
    idle_w: float | None
    plateau_w: float | None
    tail_tau_s: float | None
    energy_wh: float | None
    duration_s: float | None
    charges: list[LearnedCharge]


class Health(Struct):
    """How the battery ages; null before there were enough whole charges."""

    charges: int
    needed: int
    whole_charges: int | None
    capacity_percent: float | None
    trend_percent_per_year: float | None
    trend_low: float | None
    trend_high: float | None
    tail_share: float | None


class Money(Struct):
    """An amount."""

    currency: str
    amount: float


class Total(Struct):
    """What the charges that began in a period came to."""

    start: Time
    end: Time
    sessions: int
    energy_wh: float
    costs: list[Money]


class Totals(Struct):
    """By the calendar of a zone, oldest first."""

    by: Period
    zone: str
    periods: list[Total]


class Began(Struct):
    """What a charge would have cost had it begun then."""

    start: Time
    cost: float | None


class SessionCost(Struct):
    """What a charge cost, and would have cost at other times."""

    session: int
    energy_wh: float | None
    cost: float | None
    currency: str | None
    began: list[Began]


class Compared(Struct):
    """What some charges cost under a tariff."""

    currency: str | None
    cost: float
    unpriced_wh: float


class Comparison(Struct):
    """What some charges have cost, and would have cost under another tariff."""

    sessions: int
    energy_wh: float
    held: Compared
    otherwise: Compared


class Price(Struct):
    """Null where nobody knows it."""

    start: Time
    end: Time
    per_kwh: float | None


class KnownPrices(Struct):
    """The prices of a time."""

    currency: str | None
    prices: list[Price]


class Stored(Struct):
    """How many prices were taken."""

    stored: int


class Place(Struct):
    """Where a charger stands: degrees, WGS 84."""

    address: str
    longitude: float
    latitude: float


_FROM = {"from_": "from"}


class ChosenFixed(FixedPrice, frozen=True, kw_only=True, tag="fixed", rename=_FROM):
    """One price, and since when it holds."""

    from_: Time


class ChosenTable(
    TimeOfUseTable, frozen=True, kw_only=True, tag="time_of_use", rename=_FROM
):
    """Prices by the clock, and since when they hold."""

    from_: Time


class ChosenFeed(PriceFeed, frozen=True, kw_only=True, tag="feed", rename=_FROM):
    """Posted prices, and since when they hold."""

    from_: Time


class ChosenNone(NoPrice, frozen=True, kw_only=True, tag="none", rename=_FROM):
    """Since when nothing is priced."""

    from_: Time


class Tariffs(Struct):
    """The newest tariff, and all that were ever chosen, oldest first."""

    tariff: ChosenFixed | ChosenTable | ChosenFeed | ChosenNone | None
    tariffs: list[ChosenFixed | ChosenTable | ChosenFeed | ChosenNone]

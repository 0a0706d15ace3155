"""What clients may send, with its ranges. Both REST and the WebSocket take these."""

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ..charging import mode as modes
from ..model import ChargerSettings
from ..pricing import Amount, Clock, Definition
from ..security.passwords import MAX_LENGTH, MIN_LENGTH

# At least one character that is not a blank, and no control characters.
type Name = Annotated[
    str,
    Meta(
        max_length=100, pattern=r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*\Z"
    ),
]
type ChargerId = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,31}\Z")]
type UserName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_.@+-]{1,150}\Z")]
type Email = Annotated[
    str, Meta(max_length=254, pattern=r"^[^@\x00-\x20\x7f]+@[^@\x00-\x20\x7f]+\Z")
]
# The device port as the board reaches it; http, because boards have no usable TLS.
type DeviceUrl = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=r"^http://[^/\x00-\x20\x7f\"\\]+(/[^\x00-\x20\x7f\"\\]*)?\Z",
    ),
]
# RFC 3339; read where it is used, so that the refusal can say what was expected.
type Time = Annotated[
    str,
    Meta(examples=["2026-11-21T07:45:00Z"], extra_json_schema={"format": "date-time"}),
]
type TargetWh = Annotated[float, Meta(ge=1, le=20_000)]
type TargetPercent = Annotated[float, Meta(ge=1, le=100)]
type Hours = Annotated[float, Meta(ge=0.25, le=24)]
type Password = Annotated[str, Meta(min_length=MIN_LENGTH, max_length=MAX_LENGTH)]


class Legacy(Struct, frozen=True, forbid_unknown_fields=True):
    """How to read the seed's format, which leaves these open."""

    ampere_unit: Literal["mA", "dA"] = "mA"
    utc_offset_min: Annotated[int, Meta(ge=-840, le=840)] = 60
    power_factor: Annotated[float, Meta(ge=0.01, le=1)] | None = None


class NewLink(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a charger of the kind vecharge is."""

    url: Annotated[str, Meta(max_length=300)]
    token: Annotated[str, Meta(max_length=2_100)]
    remote_id: Annotated[str, Meta(max_length=64)]
    engine_io: Literal[3, 4] | None = None


class NewCharger(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/chargers; without an id its name suggests one. `vecharge` belongs to that kind, and to no other."""

    id: ChargerId | UnsetType = UNSET
    name: Name | None = None
    kind: Literal["s1", "legacy", "vecharge"] = "s1"
    simulated: bool = False
    legacy: Legacy = Legacy()
    url: DeviceUrl | None = None
    vecharge: NewLink | None = None


class NewKey(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/chargers/{id}/key, and /api/v1/removed/{id}/restore."""

    url: DeviceUrl | None = None


class Keep(Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/chargers/{id}/keep."""

    raw_days: Annotated[int, Meta(ge=1, le=100_000)] | None


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Some of a charger's settings; the bounds are the firmware's own."""

    cutoff_w: Annotated[float, Meta(ge=0.5, le=1000)] | UnsetType = UNSET
    hold_s: Annotated[int, Meta(ge=10, le=3600)] | UnsetType = UNSET
    max_hours: Annotated[float, Meta(ge=0.1, le=48)] | UnsetType = UNSET
    max_wh: Annotated[int, Meta(ge=10, le=20_000)] | UnsetType = UNSET
    max_a: Annotated[float, Meta(ge=0.1, le=10)] | UnsetType = UNSET
    rule: Literal["robust", "threshold"] | UnsetType = UNSET
    balance_min: Annotated[int, Meta(ge=0, le=240)] | UnsetType = UNSET

    def applied(self, before: ChargerSettings) -> ChargerSettings:
        """Return the settings with these changed."""
        changes = {
            name: value
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not UNSET
        }
        return msgspec.structs.replace(before, **changes)


class ModeChange(Struct, frozen=True, forbid_unknown_fields=True):
    """Some of what makes up a charger's mode; null takes back what was set."""

    name: modes.Mode | UnsetType = UNSET
    target_wh: TargetWh | UnsetType | None = UNSET
    target_percent: TargetPercent | UnsetType | None = UNSET
    hours: Hours | UnsetType | None = UNSET
    ready_by: Clock | UnsetType | None = UNSET
    zone: str | UnsetType | None = UNSET
    prefer: modes.Prefer | UnsetType = UNSET
    probe: bool | UnsetType = UNSET
    learned_caps: bool | UnsetType = UNSET


class PlanQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/chargers/{id}/plan: what if; what is left out is as the charger's mode has it."""

    target_wh: TargetWh | UnsetType | None = UNSET
    target_percent: TargetPercent | UnsetType | None = UNSET
    hours: Hours | UnsetType | None = UNSET
    ready_by: Clock | UnsetType = UNSET
    zone: str | UnsetType | None = UNSET
    prefer: modes.Prefer | UnsetType = UNSET


class ChargerChange(Struct, frozen=True, forbid_unknown_fields=True):
    """PATCH /api/v1/chargers/{id}."""

    name: Name | UnsetType = UNSET
    settings: Settings | UnsetType = UNSET
    mode: ModeChange | UnsetType = UNSET


class NewPlace(Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/chargers/{id}/place."""

    longitude: Annotated[float, Meta(ge=-180, le=180)]
    latitude: Annotated[float, Meta(ge=-90, le=90)]
    address: Annotated[str, Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*\Z")] = ""


class Desired(Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/chargers/{id}/desired."""

    relay: Literal["on", "off"]


class NewUser(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/users."""

    name: UserName
    password: Password
    email: Email | None = None
    admin: bool = False


class UserChange(Struct, frozen=True, forbid_unknown_fields=True):
    """PATCH /api/v1/users/{name}."""

    email: Email | UnsetType = UNSET
    password: Password | UnsetType = UNSET
    admin: bool | UnsetType = UNSET


class NewPassword(Struct, frozen=True, forbid_unknown_fields=True):
    """PUT /api/v1/me/password."""

    old: Annotated[str, Meta(max_length=MAX_LENGTH)]
    new: Password


class Login(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/login."""

    name: Annotated[str, Meta(max_length=150)]
    password: Annotated[str, Meta(max_length=MAX_LENGTH)]


class NewToken(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/tokens."""

    name: Name
    scope: Literal["read", "control", "admin"]
    user: UserName | None = None
    """Whose it is; None: whoever asks."""


class PriceInterval(Struct, frozen=True, forbid_unknown_fields=True):
    """A price from one time until another, both RFC 3339."""

    start: Time
    end: Time
    per_kwh: Amount


class Otherwise(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/chargers/{id}/cost: what the charges of a time would have cost under a tariff."""

    tariff: Definition
    start: Time | None = None
    end: Time | None = None


class Prices(Struct, frozen=True, forbid_unknown_fields=True):
    """POST /api/v1/tariff/prices."""

    prices: Annotated[list[PriceInterval], Meta(min_length=1, max_length=1_000)]

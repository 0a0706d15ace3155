"""The values that flow about meters: frozen, times in Unix milliseconds, as in `kickwatt_hub.model`."""

from collections.abc import Mapping

from msgspec import Struct

from ..sources.modbus.register import Register

INTERVAL_S = 10.0
"""How often a host is asked unless somebody says otherwise."""
RAW_DAYS = 30
"""How long single readings of a host are kept unless somebody says otherwise; their roll-ups are kept for ever."""
LONGEST_READ = 60
"""Words in one request to a meter whose model does not say; the fewest that a common meter wants (SDM72)."""


class Polling(Struct, frozen=True, kw_only=True):
    """How a host is asked, and what it is to its site."""

    interval_s: float = INTERVAL_S
    raw_days: int | None = RAW_DAYS
    """None: single readings are kept for ever."""
    site_meter: bool = False
    """All that its location takes goes through it."""


class MeterConfig(Struct, frozen=True, kw_only=True):
    """A host as it is stored, with what is to be read from it."""

    id: int
    name: str
    host: str
    port: int
    unit: int
    owner: int
    location: int
    model: str
    title: str
    """Of the model; its name where it has none."""
    longest_read: int
    registers: Mapping[str, Register]
    cumulative: frozenset[str]
    """Those of them that count."""
    lacking: tuple[str, ...]
    """Measurements that were chosen, but of which the model has no register."""
    polling: Polling


class MeterState(Struct, frozen=True, kw_only=True):
    """How it stands with a meter, and what it last said."""

    online: bool | None = None
    """None before it was first asked."""
    since_ms: int | None = None
    heard_ms: int | None = None
    failures: int = 0
    """In a row."""
    error: str | None = None
    next_ms: int | None = None
    time_ms: int | None = None
    """Of the values."""
    values: dict[str, float] = {}
    missing: dict[str, str] = {}
    """Why there is no value, by measurement."""


class Meter(Struct, frozen=True, kw_only=True):
    """A meter at this moment."""

    config: MeterConfig
    state: MeterState


class MeterRound(Struct, frozen=True, array_like=True):
    """What a host was at one instant: a row of the store."""

    host: int
    time_ms: int
    values: dict[str, float]

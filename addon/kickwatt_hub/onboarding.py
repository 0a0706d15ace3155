"""Adding a charger: a new key, and the lines that go on the board."""

from dataclasses import dataclass
import secrets
import time

from .model import Kind, LegacyFormat
from .security.envelope import KEY_BYTES
from .security.secret import HubSecret
from .store import Store
from .store.chargers import NewCharger


@dataclass(frozen=True, slots=True)
class Added:
    """A charger that was just added, with its key in clear: it is not shown again."""

    id: str
    kind: Kind
    key: str


async def add_charger(
    store: Store,
    secret: HubSecret,
    *,
    charger_id: str,
    name: str | None,
    kind: Kind,
    simulated: bool,
    legacy: LegacyFormat,
) -> Added:
    """Add a charger with a new key. Raises store.AlreadyThereError."""
    key = secrets.token_bytes(KEY_BYTES)
    await store.chargers.add(
        NewCharger(
            id=charger_id,
            name=name or charger_id,
            kind=kind,
            simulated=simulated,
            key=secret.seal(key),
            legacy=legacy,
            created_ms=time.time_ns() // 1_000_000,
        )
    )
    return Added(charger_id, kind, key.hex())


def settings_toml(added: Added, url: str) -> str:
    """Return the lines for the board's settings.toml; `url` is the device port as the board reaches it."""
    if added.kind is Kind.legacy:
        return (
            "# The device of the seed has no settings.toml: put these two into its program.\n"
            f'api_key = "{added.key}"\n'
            f'url = "{url}/"\n'
        )
    return (
        f'KICKWATT_ID = "{added.id}"\n'
        f'KICKWATT_KEY = "{added.key}"\n'
        "# The hub's device port as the mobile network reaches it; http, because messages are signed.\n"
        f'KICKWATT_URL = "{url}"\n'
        "# The access point of your mobile operator.\n"
        'KICKWATT_APN = "internet"\n'
    )

"""Adding a charger: a new key, and the lines that go on the board."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
import re
import secrets
import time
import unicodedata

from .model import Kind, LegacyFormat
from .security.envelope import KEY_BYTES
from .security.secret import HubSecret
from .sources.vecharge.address import Address
from .store import Store
from .store.adding import NewCharger
from .store.links import Link

_PLAIN = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "ß": "ss", "æ": "ae"}
)
"""Letters that Unicode does not take apart."""


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


async def add_chargers(
    store: Store, secret: HubSecret, ids: Sequence[str], *, simulated: bool
) -> list[Added]:
    """Add many chargers that speak S1, all or none. Raises store.AlreadyThereError."""
    keys = [secrets.token_bytes(KEY_BYTES) for _ in ids]
    now_ms = time.time_ns() // 1_000_000
    await store.chargers.add_all(
        [
            NewCharger(
                id=charger_id,
                name=charger_id,
                kind=Kind.s1,
                simulated=simulated,
                key=secret.seal(key),
                legacy=LegacyFormat(),
                created_ms=now_ms,
            )
            for charger_id, key in zip(ids, keys, strict=True)
        ]
    )
    return [
        Added(charger_id, Kind.s1, key.hex())
        for charger_id, key in zip(ids, keys, strict=True)
    ]


async def renew_key(
    store: Store, secret: HubSecret, charger_id: str, kind: Kind
) -> Added:
    """Give a charger a new key, for the same board or another one; the old key proves nothing any more.

    Raises store.NotThereError.
    """
    key = secrets.token_bytes(KEY_BYTES)
    await store.chargers.rekey(charger_id, secret.seal(key))
    return Added(charger_id, kind, key.hex())


async def retire(store: Store, secret: HubSecret, charger_id: str) -> None:
    """Remove a charger, but keep what it measured. Raises store.NotThereError."""
    nobodys = secret.seal(secrets.token_bytes(KEY_BYTES))
    await store.retired.retire(charger_id, nobodys, time.time_ns() // 1_000_000)


async def revive(store: Store, secret: HubSecret, charger_id: str, kind: Kind) -> Added:
    """Bring a charger back that was removed while its history was kept. Raises store.NotThereError."""
    key = secrets.token_bytes(KEY_BYTES)
    await store.retired.revive(charger_id, secret.seal(key))
    return Added(charger_id, kind, key.hex())


def id_from_name(name: str, taken: Collection[str]) -> str:
    """Return an id that a name suggests and that is not taken: "Garage scooter" is `garage-scooter`."""
    spelt = unicodedata.normalize("NFKD", name.translate(_PLAIN))
    plain = spelt.encode("ascii", "ignore").decode()
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:28].strip("-")
    suggested = words or "charger"
    number, found = 1, suggested
    while found in taken:
        number += 1
        found = f"{suggested[: 31 - len(str(number))]}-{number}"
    return found


async def add_link(
    store: Store,
    secret: HubSecret,
    *,
    charger_id: str,
    name: str | None,
    address: Address,
    engine_io: int | None,
) -> None:
    """Add a charger that is behind a veCharge-style server. Raises store.AlreadyThereError."""
    await store.chargers.add(
        NewCharger(
            id=charger_id,
            name=name or charger_id,
            kind=Kind.vecharge,
            simulated=False,
            key=secret.seal(secrets.token_bytes(KEY_BYTES)),  # nobody ever gets it
            legacy=LegacyFormat(),
            created_ms=time.time_ns() // 1_000_000,
            link=Link(
                url=address.url,
                remote_id=address.remote_id,
                token=secret.seal(address.token.encode()),
                engine_io=engine_io,
            ),
        )
    )


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

"""Which database stands behind a data folder: SQLite's file in it, or with `--database postgresql` one of a server's.

Every test's hub, command and store asks here, so a whole run is on one engine.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kickwatt_hub.store import Store

if TYPE_CHECKING:
    from tests.support.postgresql import Cluster

cluster: Cluster | None = None
"""The server of this run; None: SQLite."""


def database_of(data: Path) -> str | None:
    """Return the URL of the database that stands for what is in this data folder, always the same one; None: it is in it."""
    return None if cluster is None else cluster.of(data)


def environment_of(data: Path) -> dict[str, str]:
    """Return what tells another process so."""
    url = database_of(data)
    return {} if url is None else {"KICKWATT_HUB_DATABASE": url}


def environment_for(arguments: Sequence[str]) -> dict[str, str]:
    """Return what tells a command so, by its `--data`."""
    if "--data" not in arguments:
        return {}
    return environment_of(Path(arguments[arguments.index("--data") + 1]))


async def open_store(data: Path) -> Store:
    """Open what is in this data folder."""
    return await Store.open(data, database_of(data))

"""Bring a database to this version's schema before anything else touches it."""

from contextlib import closing
import logging
import os
from pathlib import Path
import sqlite3

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
import sqlalchemy as sa

from .errors import TooNewError

_LOGGER = logging.getLogger(__name__)

_CONFIG = Config()
_CONFIG.set_main_option("script_location", str(Path(__file__).parent / "migrations"))


def upgrade(connection: sa.Connection) -> None:
    """Apply what is missing; the caller keeps others from doing so at once.

    Raises TooNewError when the database knows a revision that this version does not, and sqlalchemy's errors when the
    database refuses.
    """
    scripts = ScriptDirectory.from_config(_CONFIG)
    known = {script.revision for script in scripts.walk_revisions()}
    current = MigrationContext.configure(connection).get_current_revision()
    if current == scripts.get_current_head():
        return
    if current is not None and current not in known:
        raise TooNewError(
            f"A newer Kickwatt wrote this database (revision {current}): install that version again, "
            "or restore a backup from before."
        )
    connection.commit()
    if current is not None:
        _keep(connection, scripts.get_current_head())
    _CONFIG.attributes["connection"] = connection
    command.upgrade(_CONFIG, "head")
    connection.commit()


def _keep(connection: sa.Connection, head: str | None) -> None:
    """Copy an SQLite file as it was, so that the owner can go back to the version before."""
    if connection.dialect.name != "sqlite":
        return
    path = Path(connection.engine.url.database or "")
    copy = path.with_name(f"{path.stem}-before-{head}{path.suffix}")
    os.close(os.open(copy, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600))
    with (
        closing(sqlite3.connect(path)) as old,
        closing(sqlite3.connect(copy)) as kept,
    ):
        old.backup(kept)
    _LOGGER.warning(
        "The database is being brought up to date; as it was, it is in %s", copy
    )

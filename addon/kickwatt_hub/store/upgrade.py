"""Bring a database to this version's schema before anything else touches it."""

import fcntl
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
import sqlalchemy as sa

from .errors import TooNewError

_CONFIG = Config()
_CONFIG.set_main_option("script_location", str(Path(__file__).parent / "migrations"))


def upgrade(engine: sa.Engine, lock: Path) -> None:
    """Apply what is missing; `lock` is a file that keeps two processes from doing so at once.

    Raises TooNewError when the database knows a revision that this version does not, OSError when the lock cannot
    be written and sqlalchemy's errors when the database cannot.
    """
    scripts = ScriptDirectory.from_config(_CONFIG)
    known = {script.revision for script in scripts.walk_revisions()}
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current == scripts.get_current_head():
                return
            if current is not None and current not in known:
                raise TooNewError(
                    f"A newer Kickwatt wrote this database (revision {current}): install that version again, "
                    "or restore a backup from before."
                )
            connection.commit()
            _CONFIG.attributes["connection"] = connection
            command.upgrade(_CONFIG, "head")
            connection.commit()

"""Going from one revision of the schema to another, with Alembic."""

from alembic import command
from alembic.config import Config
import sqlalchemy as sa

from .upgrade import MIGRATIONS


def to_head(connection: sa.Connection) -> None:
    """Apply what is missing; the caller commits. Raises sqlalchemy's errors."""
    command.upgrade(config(connection), "head")


def config(connection: sa.Connection) -> Config:
    """Return what Alembic's commands want to know."""
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    found.attributes["connection"] = connection
    return found

"""A new charger's rows."""

from dataclasses import dataclass

import msgspec
import sqlalchemy as sa

from ..model import ChargerSettings, Kind, LegacyFormat
from . import log
from .errors import AlreadyThereError
from .links import Link
from .schema import charger, charger_link, conversation
from .writer import new_key


@dataclass(frozen=True, slots=True)
class NewCharger:
    """What is needed to add one."""

    id: str
    name: str
    kind: Kind
    simulated: bool
    key: bytes
    legacy: LegacyFormat
    created_ms: int
    link: Link | None = None


def add(connection: sa.Connection, new: NewCharger) -> int:
    """Add a charger and return its pk. Raises AlreadyThereError."""
    taken = connection.execute(
        sa.select(charger.c.retired_ms).where(charger.c.id == new.id)
    ).first()
    if taken is not None and taken.retired_ms is not None:
        raise AlreadyThereError(
            f"The charger {new.id} was removed, but its history is kept: bring it back, or remove that too."
        )
    if taken is not None:
        raise AlreadyThereError(f"There is a charger {new.id} already.")
    result = connection.execute(
        sa.insert(charger).values(
            id=new.id,
            name=new.name,
            kind=str(new.kind),
            simulated=new.simulated,
            key=new.key,
            created_ms=new.created_ms,
            settings_rev=0,
            ampere_unit=new.legacy.ampere_unit,
            utc_offset_min=new.legacy.utc_offset_min,
            power_factor=new.legacy.power_factor,
            **msgspec.structs.asdict(ChargerSettings()),
        )
    )
    pk = new_key(result)
    connection.execute(
        sa.insert(conversation).values(
            charger_pk=pk, revision=0, state=log.NEW_CONVERSATION
        )
    )
    if new.link is not None:
        connection.execute(
            sa.insert(charger_link).values(
                charger_pk=pk, **msgspec.structs.asdict(new.link)
            )
        )
    return pk

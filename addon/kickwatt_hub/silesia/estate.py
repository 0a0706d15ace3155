"""What the old system knows, in one shape for both generations of its tables and of its API.

Table and column names are those of its Django models (management/models.py, May 2020): until the 14th a meter's key was a number and a
measurement's column `measurement`, afterwards both are named by `name`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

type Row = Mapping[str, object]
type Tables = Mapping[str, list[Row]]

USERS = "accounts_user"
LOCATIONS = "management_location"
METERS = "management_meter"
MEASUREMENTS = "management_measurement"
REGISTERS = "management_register"
HOSTS = "management_host"
ASSIGNED = "management_assignedmeasurement"
CHOSEN = "management_chosenmeasurements"
"""The name of ASSIGNED before the 14th."""
NEEDED = (USERS, LOCATIONS, METERS, MEASUREMENTS, REGISTERS, HOSTS)
TABLES = (*NEEDED, ASSIGNED, CHOSEN)

_REFERENCES = ("user", "location", "meter", "measurement", "host")


class EstateError(Exception):
    """What was given is not what the old system has; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Estate:
    """Rows with the names of the API; references hold the old system's keys, as text."""

    users: list[Row]
    locations: list[Row]
    meters: list[Row]
    measurements: list[Row]
    registers: list[Row]
    hosts: list[Row]
    assignments: list[Row]
    unread_hosts: frozenset[str] = frozenset()
    """Keys of hosts of which nobody would say what is read from them."""

    def __post_init__(self) -> None:
        """Refuse rows without what they are known by. Raises EstateError."""
        for what, rows, columns in (
            ("users", self.users, ("id", "username", "email")),
            ("registers", self.registers, ("meter", "measurement")),
            ("hosts", self.hosts, ("id", "meter")),
        ):
            for row in rows:
                for column in columns:
                    if column not in row:
                        raise EstateError(f"One of its {what} has no {column}.")

    def __len__(self) -> int:
        """How many rows there are."""
        return sum(
            len(rows)
            for rows in (
                self.users,
                self.locations,
                self.meters,
                self.measurements,
                self.registers,
                self.hosts,
                self.assignments,
            )
        )


def from_tables(tables: Tables) -> Estate:
    """Return what the tables of its database hold. Raises EstateError."""
    missing = [name for name in NEEDED if name not in tables]
    if missing:
        raise EstateError(
            f"This is not the old system's database: there is no table {missing[0]}."
        )
    return Estate(
        users=_rows(tables[USERS]),
        locations=_rows(tables[LOCATIONS]),
        meters=_rows(tables[METERS]),
        measurements=_rows(tables[MEASUREMENTS]),
        registers=_rows(tables[REGISTERS]),
        hosts=_rows(tables[HOSTS]),
        assignments=_rows([*tables.get(ASSIGNED, ()), *tables.get(CHOSEN, ())]),
    )


def _rows(rows: Iterable[Row]) -> list[Row]:
    return [{_plain(name): value for name, value in row.items()} for row in rows]


def _plain(column: str) -> str:
    """Return a column's name as the API has it: Django adds `_id` to references."""
    name = column.removesuffix("_id")
    return name if name in _REFERENCES else column

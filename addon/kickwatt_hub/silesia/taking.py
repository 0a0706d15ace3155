"""Taking over what the old system knows: what is there already stays as it is, so that it can be done again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
import re

from ..api.management import bodies, fields
from ..model import Scope, User
from ..store import AlreadyThereError, Store, management as stored
from .estate import Estate, Row

_USER = re.compile(r"[A-Za-z0-9_.@+-]{1,150}\Z")
_HASH = re.compile(r"pbkdf2_sha256\$[0-9]{1,8}\$[!-#%-~]{1,64}\$[A-Za-z0-9+/=]{44}\Z")
_EMAIL = {"email": fields.Field(fields.email, nullable=True)}
_LOW_WORD_FIRST = 1


@dataclass(slots=True)
class Tally:
    """What became of one kind of thing."""

    new: int = 0
    there: int = 0
    refused: list[str] = field(default_factory=list)
    """Why, one sentence each."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What the owner decides."""

    now_ms: int
    dry_run: bool = False
    staff_are_admins: bool = False
    as_it_read: bool = False
    """Registers as the old poller really read them: function code 3 as 4, the low word first."""


class Taking:
    """Takes an estate into a store, once."""

    def __init__(
        self,
        store: Store,
        estate: Estate,
        choices: Choices,
        step: Callable[[int], None],
    ) -> None:
        """`step` hears of every so many rows that are done."""
        self._store = store
        self._estate = estate
        self._choices = choices
        self._step = step
        self.tallies: dict[str, Tally] = {}
        self.notes: list[str] = []
        self._invented = 0
        self._owners: dict[object, object] = {}
        """Of the locations that a dry run has invented."""

    async def take(self) -> None:
        """Take all of it, in the order in which one thing needs another."""
        estate = self._estate
        users = await self._users()
        locations = await self._kind(
            "locations",
            stored.LOCATION,
            estate.locations,
            bodies.PLACE,
            {"user": users},
        )
        meters = await self._kind(
            "meters", stored.METER, estate.meters, bodies.METER, {}
        )
        names = await self._kind(
            "measurements",
            stored.MEASUREMENT,
            estate.measurements,
            bodies.MEASUREMENT,
            {},
        )
        await self._kind(
            "registers",
            stored.REGISTER,
            [self._register(row) for row in estate.registers],
            bodies.REGISTER_OF_METER,
            {"meter": meters, "measurement": names},
        )
        hosts = await self._kind(
            "hosts",
            stored.HOST,
            [_tidy(row, "description") for row in estate.hosts],
            bodies.HOST,
            {"user": users, "location": locations, "meter": meters},
        )
        await self._kind(
            "assigned measurements",
            stored.ASSIGNMENT,
            [*estate.assignments, *self._assumed()],
            {},
            {"host": hosts, "measurement": names},
        )

    # --- users ---------------------------------------------------------------------------------------------------------

    async def _users(self) -> dict[str, object]:
        tally = self.tallies["users"] = Tally()
        keys: dict[str, object] = {}
        without = []
        for row in self._estate.users:
            name = str(row["username"])
            if not _USER.match(name):
                tally.refused.append(
                    f"{_shown(name)}: a name has letters, digits and . _ @ + - only."
                )
            elif (member := await self._store.accounts.named(name)) is not None:
                tally.there += 1
                keys[str(row["id"])] = member.id
            elif wrong := fields.read(_EMAIL, row, partial=False)[1]:
                tally.refused.append(f"{name}: {_why(wrong)}")
            else:
                try:
                    keys[str(row["id"])] = await self._add_user(row, name)
                except AlreadyThereError as error:
                    tally.refused.append(f"{name}: {error}")
                else:
                    tally.new += 1
                    if _password(row) is None:
                        without.append(name)
            self._step(1)
        if without:
            self.notes.append(
                "Without a password, which could not be moved (kickwatt-hub user password NAME): "
                + ", ".join(without)
            )
        return keys

    async def _add_user(self, row: Row, name: str) -> object:
        is_staff = _flag(row.get("is_staff"))
        if is_staff and not self._choices.staff_are_admins:
            self.notes.append(
                f"{name} was an administrator there, and is not here: --admins takes them over as administrators."
            )
        who = User(
            name=name,
            email=None if row["email"] is None else str(row["email"]),
            scope=Scope.admin
            if is_staff and self._choices.staff_are_admins
            else Scope.own,
            created_ms=self._choices.now_ms,
        )
        if self._choices.dry_run:
            return self._invent()
        await self._store.accounts.add_user(who, _password(row))
        member = await self._store.accounts.named(name)
        assert member is not None
        return member.id

    # --- the rest --------------------------------------------------------------------------------------------------------

    async def _kind(
        self,
        label: str,
        kind: stored.Kind,
        rows: list[Row],
        wanted: Mapping[str, fields.Field],
        references: Mapping[str, Mapping[str, object]],
    ) -> dict[str, object]:
        """Take all rows of a kind, and return its keys here by those there."""
        tally = self.tallies[label] = Tally()
        plain = {name: each for name, each in wanted.items() if name not in references}
        keys: dict[str, object] = {}
        new: list[stored.Row] = []
        olds: list[str] = []
        planned: set[tuple[object, ...]] = set()
        for row in rows:
            self._step(1)
            read, wrong = fields.read(plain, row, partial=False)
            values: stored.Row = dict(read)
            for name, known in references.items():
                values[name] = known.get(str(row.get(name)))
                if values[name] is None:
                    wrong[name] = [
                        f"what it belongs to ({_shown(row.get(name))}) was not taken."
                    ]
            if wrong:
                tally.refused.append(f"{_named(row)}: {_why(wrong)}")
                continue
            if kind is stored.HOST and not await self._belongs(values):
                tally.refused.append(f"{_named(row)}: its location is another user's.")
                continue
            twin = await self._twin(kind, values)
            identity = tuple(values[name] for name in kind.unique[0])
            if twin is not None or identity in planned:
                tally.there += 1
                if twin is not None:
                    keys[_key(row)] = twin[kind.key]
                continue
            planned.add(identity)
            new.append(values)
            olds.append(_key(row))
        added = await self._add(kind, new)
        tally.new += len(added)
        keys.update(zip(olds, (row[kind.key] for row in added), strict=True))
        return keys

    async def _add(self, kind: stored.Kind, new: list[stored.Row]) -> list[stored.Row]:
        if self._choices.dry_run:
            added = [{kind.key: self._invent(), **values} for values in new]
            if kind is stored.LOCATION:
                self._owners = {each["id"]: each["user"] for each in added}
            return added
        return await self._store.management.add(kind, new) if new else []

    async def _twin(self, kind: stored.Kind, values: stored.Row) -> stored.Row | None:
        return await self._store.management.row(
            kind, {name: values[name] for name in kind.unique[0]}
        )

    async def _belongs(self, values: stored.Row) -> bool:
        where = {"id": values["location"]}
        found = await self._store.management.row(stored.LOCATION, where)
        owner = self._owners.get(where["id"]) if found is None else found["user"]
        return owner == values["user"]

    def _register(self, row: Row) -> Row:
        row = _tidy(row, "unit")
        if not self._choices.as_it_read:
            return row
        return {**row, "function_code": 4, "word_order": _LOW_WORD_FIRST}

    def _assumed(self) -> list[Row]:
        """Return all measurements of the hosts of which the old API did not say which are read."""
        unread = self._estate.unread_hosts
        if unread:
            self.notes.append(
                f"What is read from a host the old API tells its owner only: all that the model of each has is taken ({len(unread)})."
            )
        return [
            {"host": host["id"], "measurement": register["measurement"]}
            for host in self._estate.hosts
            if str(host["id"]) in unread
            for register in self._estate.registers
            if str(register["meter"]) == str(host["meter"])
        ]

    def _invent(self) -> int:
        """Return a key that nothing has, for what would be there after a dry run."""
        self._invented -= 1
        return self._invented


def _password(row: Row) -> str | None:
    """Return Django's hash of a password, which is verified here until its owner first logs in."""
    password = str(row.get("password") or "")
    if not _flag(row.get("is_active", True)) or not _HASH.match(password):
        return None
    return password


def _tidy(row: Row, name: str) -> Row:
    """Return a row whose free text can be shown in a line; the old system took any, also none at all."""
    text = str(row.get(name) or "")
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return {**row, name: shown.strip() or None}


def _flag(value: object) -> bool:
    return value is True or value == "t"


def _key(row: Row) -> str:
    """Return how other rows refer to this one: by number, or by name where its table has none."""
    for name in ("id", "measurement", "name"):
        if row.get(name) is not None:
            return str(row[name])
    return ""


def _named(row: Row) -> str:
    parts = [
        _shown(row[name])
        for name in (
            "ip",
            "port",
            "street",
            "number",
            "city",
            "name",
            "measurement",
            "address",
        )
        if row.get(name) is not None
    ]
    return " ".join(parts) or _shown(row.get("id"))


def _why(wrong: Mapping[str, list[str]]) -> str:
    return " ".join(f"{name}: {' '.join(said)}" for name, said in wrong.items())


def _shown(value: object) -> str:
    return "".join(letter for letter in str(value)[:64] if letter.isprintable())

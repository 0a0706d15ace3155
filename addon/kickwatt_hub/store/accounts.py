"""Users and tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ..model import Scope, Token, User
from .errors import AlreadyThereError, NotThereError
from .reader import Reader
from .schema import token, user
from .writer import Writer, erasing, new_key

LOGINS_KEPT = 20  # tokens from logging in, per user; the oldest make room


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token with what proves it, and its holder's id."""

    digest: bytes
    user_pk: int
    token: Token


@dataclass(frozen=True, slots=True)
class Member:
    """A user with the id that the energy monitoring contract knows them by."""

    id: int
    user: User


class Accounts:
    """Who there is, and which tokens they hold."""

    def __init__(self, writer: Writer, reader: Reader) -> None:
        """Both belong to the store."""
        self._writer = writer
        self._reader = reader

    async def users(self) -> list[User]:
        """Return everybody, by name."""
        query = sa.select(user).order_by(user.c.name)
        return await self._reader.ask(
            lambda connection: [_user(row) for row in connection.execute(query)]
        )

    async def password(self, name: str) -> tuple[User, str] | None:
        """Return a user who can log in, with the hash of the password."""
        query = sa.select(user).where(user.c.name == name, user.c.password.is_not(None))

        def question(connection: sa.Connection) -> tuple[User, str] | None:
            row = connection.execute(query).first()
            return None if row is None else (_user(row), row.password)

        return await self._reader.ask(question)

    async def add_user(self, who: User, password: str | None) -> None:
        """Add a user; `password` is a hash, None for one who never logs in. Raises AlreadyThereError."""

        def job(connection: sa.Connection) -> None:
            if _find(connection, who.name) is not None:
                raise AlreadyThereError(f"There is a user {who.name} already.")
            _refuse_taken_email(connection, who.email, None)
            connection.execute(
                sa.insert(user).values(
                    name=who.name,
                    email=who.email,
                    password=password,
                    scope=int(who.scope),
                    created_ms=who.created_ms,
                )
            )

        await self._writer.run(job)

    async def members(self, limit: int | None = None, offset: int = 0) -> list[Member]:
        """Return everybody, by id."""
        query = sa.select(user).order_by(user.c.pk).limit(limit).offset(offset)
        return await self._reader.ask(
            lambda connection: [
                Member(row.pk, _user(row)) for row in connection.execute(query)
            ]
        )

    async def member(self, user_pk: int) -> Member | None:
        """Return one user."""
        return await self._member(user.c.pk == user_pk)

    async def named(self, name: str) -> Member | None:
        """Return the user of this name."""
        return await self._member(user.c.name == name)

    async def _member(self, which: sa.ColumnElement[bool]) -> Member | None:
        query = sa.select(user).where(which)

        def question(connection: sa.Connection) -> Member | None:
            row = connection.execute(query).first()
            return None if row is None else Member(row.pk, _user(row))

        return await self._reader.ask(question)

    async def change_user(
        self, user_pk: int, email: str | None, password: str | None
    ) -> None:
        """Give a user another address, and another password (a hash), each where it is not None.

        Another password ends every token from logging in. Raises NotThereError and AlreadyThereError.
        """
        changes = {
            name: value
            for name, value in (("email", email), ("password", password))
            if value is not None
        }

        def job(connection: sa.Connection) -> None:
            _refuse_taken_email(connection, email, user_pk)
            if (
                changes
                and not connection.execute(
                    sa.update(user).where(user.c.pk == user_pk).values(changes)
                ).rowcount
            ):
                raise NotThereError(f"There is no user {user_pk}.")
            if password is not None:
                connection.execute(
                    sa.delete(token).where(
                        token.c.user_pk == user_pk, token.c.expires_ms.is_not(None)
                    )
                )

        await self._writer.run(job)

    async def rehash(self, name: str, old: str, new: str) -> None:
        """Store another hash of the same password, unless the password was changed meanwhile."""

        def job(connection: sa.Connection) -> None:
            with erasing(connection):
                connection.execute(
                    sa.update(user)
                    .where(user.c.name == name, user.c.password == old)
                    .values(password=new)
                )

        await self._writer.run(job)

    async def grant(self, user_pk: int, scope: Scope) -> None:
        """Let a user do that much; their tokens that allow more end. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            changed = connection.execute(
                sa.update(user).where(user.c.pk == user_pk).values(scope=int(scope))
            )
            if not changed.rowcount:
                raise NotThereError(f"There is no user {user_pk}.")
            with erasing(connection):
                connection.execute(
                    sa.delete(token).where(
                        token.c.user_pk == user_pk, token.c.scope > int(scope)
                    )
                )

        await self._writer.run(job)

    async def remove_user(self, name: str) -> None:
        """Remove a user and all of their tokens. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            with erasing(connection):
                gone = connection.execute(sa.delete(user).where(user.c.name == name))
            if not gone.rowcount:
                raise NotThereError(f"There is no user {name}.")

        await self._writer.run(job)

    async def tokens(self) -> list[StoredToken]:
        """Return every token, oldest first."""
        query = (
            sa.select(token, user.c.name.label("user")).join(user).order_by(token.c.pk)
        )
        return await self._reader.ask(
            lambda connection: [_token(row) for row in connection.execute(query)]
        )

    async def add_token(self, name: str, digest: bytes, new: Token) -> Token:
        """Give user `name` a token and return it with its id; one with this digest is left as it is.

        Raises NotThereError.
        """

        def job(connection: sa.Connection) -> Token:
            user_pk = _find(connection, name)
            if user_pk is None:
                raise NotThereError(f"There is no user {name}.")
            found = connection.execute(
                sa.select(token.c.pk).where(token.c.digest == digest)
            ).scalar()
            if found is None:
                if new.expires_ms is not None:
                    _make_room(connection, user_pk)
                found = new_key(
                    connection.execute(
                        sa.insert(token).values(
                            user_pk=user_pk,
                            name=new.name,
                            scope=int(new.scope),
                            digest=digest,
                            created_ms=new.created_ms,
                            expires_ms=new.expires_ms,
                        )
                    )
                )
            return Token(
                id=found,
                user=name,
                name=new.name,
                scope=new.scope,
                created_ms=new.created_ms,
                expires_ms=new.expires_ms,
            )

        return await self._writer.run(job)

    async def replace_token(self, user_pk: int, digest: bytes, new: Token) -> None:
        """Give a user a token in place of those of the same name. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            if not connection.execute(
                sa.select(user.c.pk).where(user.c.pk == user_pk)
            ).scalar():
                raise NotThereError(f"There is no user {user_pk}.")
            connection.execute(
                sa.delete(token).where(
                    token.c.user_pk == user_pk, token.c.name == new.name
                )
            )
            connection.execute(
                sa.insert(token).values(
                    user_pk=user_pk,
                    name=new.name,
                    scope=int(new.scope),
                    digest=digest,
                    created_ms=new.created_ms,
                    expires_ms=new.expires_ms,
                )
            )

        await self._writer.run(job)

    async def remove_digest(self, digest: bytes) -> None:
        """Revoke the token with this hash, if there is one."""

        def job(connection: sa.Connection) -> None:
            connection.execute(sa.delete(token).where(token.c.digest == digest))

        await self._writer.run(job)

    async def remove_token(self, token_id: int) -> None:
        """Revoke a token. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            with erasing(connection):
                gone = connection.execute(
                    sa.delete(token).where(token.c.pk == token_id)
                )
            if not gone.rowcount:
                raise NotThereError(f"There is no token {token_id}.")

        await self._writer.run(job)


def _find(connection: sa.Connection, name: str) -> int | None:
    return connection.execute(sa.select(user.c.pk).where(user.c.name == name)).scalar()


def _refuse_taken_email(
    connection: sa.Connection, email: str | None, but: int | None
) -> None:
    if email is None:
        return
    found = connection.execute(sa.select(user.c.pk).where(user.c.email == email))
    if found.scalar() not in (None, but):
        raise AlreadyThereError(f"There is a user with the address {email} already.")


def _make_room(connection: sa.Connection, user_pk: int) -> None:
    logins: Sequence[int] = (
        connection.execute(
            sa.select(token.c.pk)
            .where(token.c.user_pk == user_pk, token.c.expires_ms.is_not(None))
            .order_by(token.c.pk.desc())
            .offset(LOGINS_KEPT - 1)
        )
        .scalars()
        .all()
    )
    if logins:
        with erasing(connection):
            connection.execute(sa.delete(token).where(token.c.pk.in_(logins)))


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    return User(
        name=row.name,
        email=row.email,
        scope=Scope(row.scope),
        created_ms=row.created_ms,
    )


def _token(row: sa.Row[tuple[object, ...]]) -> StoredToken:
    return StoredToken(
        row.digest,
        row.user_pk,
        Token(
            id=row.pk,
            user=row.user,
            name=row.name,
            scope=Scope(row.scope),
            created_ms=row.created_ms,
            expires_ms=row.expires_ms,
        ),
    )

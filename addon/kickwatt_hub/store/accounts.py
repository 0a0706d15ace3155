"""Users and tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from ..model import Scope, Token, User
from .errors import AlreadyThereError, NotThereError
from .reader import Reader
from .schema import token, user
from .writer import Writer, new_key

LOGINS_KEPT = 20  # tokens from logging in, per user; the oldest make room


@dataclass(frozen=True, slots=True)
class StoredToken:
    """A token with what proves it."""

    digest: bytes
    token: Token


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
            connection.execute(
                sa.insert(user).values(
                    name=who.name,
                    email=who.email,
                    password=password,
                    is_admin=who.is_admin,
                    created_ms=who.created_ms,
                )
            )

        await self._writer.run(job)

    async def remove_user(self, name: str) -> None:
        """Remove a user and all of their tokens. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            if not connection.execute(
                sa.delete(user).where(user.c.name == name)
            ).rowcount:
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

    async def remove_token(self, token_id: int) -> None:
        """Revoke a token. Raises NotThereError."""

        def job(connection: sa.Connection) -> None:
            if not connection.execute(
                sa.delete(token).where(token.c.pk == token_id)
            ).rowcount:
                raise NotThereError(f"There is no token {token_id}.")

        await self._writer.run(job)


def _find(connection: sa.Connection, name: str) -> int | None:
    return connection.execute(sa.select(user.c.pk).where(user.c.name == name)).scalar()


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
        connection.execute(sa.delete(token).where(token.c.pk.in_(logins)))


def _user(row: sa.Row[tuple[object, ...]]) -> User:
    return User(
        name=row.name, email=row.email, is_admin=row.is_admin, created_ms=row.created_ms
    )


def _token(row: sa.Row[tuple[object, ...]]) -> StoredToken:
    return StoredToken(
        row.digest,
        Token(
            id=row.pk,
            user=row.user,
            name=row.name,
            scope=Scope(row.scope),
            created_ms=row.created_ms,
            expires_ms=row.expires_ms,
        ),
    )

"""Logging in, for every API that takes a password."""

from ..model import User
from ..security.passwords import outdated
from .context import Context


class LoginError(Exception):
    """User or password is wrong; which of them, nobody is told."""


class TooManyLoginsError(LoginError):
    """Too many have failed from this address."""


async def log_in(hub: Context, remote: str | None, name: str, password: str) -> User:
    """Return the user with this name and password. Raises LoginError and its TooManyLoginsError."""
    # Guesses that come all at once wait here, so that each sees how the ones before it fared.
    async with hub.login_turn:
        if await hub.logins.exceeded(remote):
            raise TooManyLoginsError
        # PostgreSQL takes no NUL, not even to say that nobody has it.
        found = None if "\x00" in name else await hub.store.accounts.password(name)
        if await hub.passwords.verify(password, found[1] if found else None):
            assert found is not None
            user, stored = found
            if outdated(stored):
                fresh = await hub.passwords.hash(password)
                await hub.store.accounts.rehash(user.name, stored, fresh)
            return user
        await hub.logins.failed(remote)
        raise LoginError

"""Who holds which token. All tokens are in memory, by their hash, so that a request costs no query."""

from collections.abc import Awaitable, Callable

from msgspec import Struct

from ..model import Scope
from ..store import Store
from . import tokens


class Principal(Struct, frozen=True):
    """Whoever proved to be somebody."""

    user: str
    user_pk: int
    scope: Scope
    digest: bytes | None
    """Of the token; None for whoever came without one, through Home Assistant."""
    expires_ms: int | None


class Access:
    """Answers whose token this is."""

    def __init__(
        self,
        store: Store,
        *,
        refresh: Callable[[], Awaitable[None]],
        now_ms: Callable[[], int],
    ) -> None:
        """`refresh` notices what another process has stored."""
        self._store = store
        self._refresh = refresh
        self._now_ms = now_ms
        self._by_digest: dict[bytes, Principal] = {}
        self.on_change: list[Callable[[], None]] = []

    async def load(self) -> None:
        """Read all tokens, and let whoever cares see which are gone."""
        self._by_digest = {
            stored.digest: Principal(
                stored.token.user,
                stored.user_pk,
                stored.token.scope,
                stored.digest,
                stored.token.expires_ms,
            )
            for stored in await self._store.accounts.tokens()
        }
        self._tell()

    def watch(self) -> None:
        """Let whoever cares see which tokens have come to their end since; to be called often."""
        now_ms = self._now_ms()
        ended = [
            digest
            for digest, each in self._by_digest.items()
            if each.expires_ms is not None and each.expires_ms <= now_ms
        ]
        for digest in ended:
            del self._by_digest[digest]
        if ended:
            self._tell()

    def _tell(self) -> None:
        for tell in self.on_change:
            tell()

    async def identify(self, token: str | None) -> Principal | None:
        """Return whose token this is, None if nobody's."""
        if token is None:
            return None
        digest = tokens.digest(token)
        if self.still(digest) is None:
            await self._refresh()
        return self.still(digest)

    def may_stay(self, principal: Principal) -> bool:
        """Whether what somebody proved to be holds still."""
        return principal.digest is None or self.still(principal.digest) is not None

    def still(self, digest: bytes) -> Principal | None:
        """Return who holds the token with this hash now."""
        found = self._by_digest.get(digest)
        if found is None or (
            found.expires_ms is not None and found.expires_ms <= self._now_ms()
        ):
            return None
        return found

"""How often one address may fail.

Only failures count, and who proves itself is always served: behind a mobile network's address translation
one broken board would otherwise silence all of its neighbours.
"""

from ipaddress import IPv6Address, ip_address

from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter


class FailureLimit:
    """Counts failures per remote address."""

    def __init__(self, rate: str) -> None:
        """`rate` as the limits library writes it, such as "30/minute"."""
        self._rate = parse(rate)
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    async def exceeded(self, remote: str | None) -> bool:
        """Whether this address has failed too often, without counting anything."""
        return not await self._limiter.test(self._rate, network(remote))

    async def failed(self, remote: str | None) -> bool:
        """Count a failure; True when it was one too many."""
        return not await self._limiter.hit(self._rate, network(remote))


def network(remote: str | None) -> str:
    """Return what counts as one address: IPv6 hands every customer at least a /64."""
    try:
        address = ip_address((remote or "").partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(address, IPv6Address):
        mapped = address.ipv4_mapped
        return str(mapped) if mapped else str(int(address) >> 64)
    return str(address)

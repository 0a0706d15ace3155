"""Where a relay is, as its hub's owner writes it: `wss://relay.example:8423`."""

from ipaddress import ip_address
from urllib.parse import urlsplit

from .frames import PATH


class AddressError(ValueError):
    """An address cannot be a relay's; the text says what was expected."""


def tunnel_url(address: str, *, plain: bool = False) -> str:
    """Return the tunnel's own URL. `plain` allows `ws://` also to other machines. Raises AddressError."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise AddressError(
            "expected an address such as wss://relay.example:8423"
        ) from None
    if parts.scheme not in ("ws", "wss") or not host or not address.isprintable():
        raise AddressError("expected an address such as wss://relay.example:8423")
    if "@" in parts.netloc:
        raise AddressError(
            "the token does not belong into the address, it has its own option relay_token"
        )
    if parts.query or parts.fragment:
        raise AddressError("expected nothing after the host but a port and a path")
    if parts.scheme == "ws" and not plain and not _is_this_machine(host):
        raise AddressError(
            "ws:// would show the token to everybody on the way; use wss://"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}{PATH}"


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

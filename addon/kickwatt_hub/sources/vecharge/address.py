"""Where a charger is, behind a veCharge-style server."""

from dataclasses import dataclass, field
import re
from urllib.parse import quote

from yarl import URL

_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#]*)?\Z")
_REMOTE_ID = re.compile(r"[^\x00-\x20\x7f/?#]{1,64}\Z")
_TOKEN = re.compile(r"[\x21-\x7e]{1,2000}\Z")


class AddressError(ValueError):
    """What somebody has given leads nowhere; the text is one sentence, `field` what is wrong."""

    def __init__(self, field_: str, message: str) -> None:
        """`field_` is url, token or remote_id."""
        super().__init__(message)
        self.field = field_


@dataclass(frozen=True, slots=True)
class Address:
    """A server, the charger's id there, and the token of whoever may use it."""

    url: str
    remote_id: str
    token: str = field(repr=False)

    def socket(self, revision: int, **query: str) -> URL:
        """Return the address of the live events. The token is in it, as the contract has it: never log this."""
        given = {
            "token": f"Bearer {self.token}",
            "chargerId": self.remote_id,
            "EIO": str(revision),
            **query,
        }
        # %20 and not +, which old servers take literally.
        text = "&".join(f"{name}={quote(value, safe='')}" for name, value in given.items())  # fmt: skip
        return URL(f"{self.url}/socket.io/?{text}", encoded=True)

    def rest(self, path: str) -> URL:
        """Return the address of a REST call."""
        return URL(f"{self.url}/api/v1/{path}", encoded=True)

    @property
    def release(self) -> URL:
        """The "disconnect" call."""
        return self.rest(
            f"charger/removeChargerFromUser/{quote(self.remote_id, safe='')}"
        )

    @property
    def headers(self) -> dict[str, str]:
        """What proves who is calling."""
        return {"Authorization": f"Bearer {self.token}"}


def address(url: str, remote_id: str, token: str) -> Address:
    """Return the address, checked. Raises AddressError."""
    url = url.rstrip("/").removesuffix("/api/v1").rstrip("/")
    if not _URL.match(url) or len(url) > 300:
        raise AddressError(
            "url",
            "Expected an address such as https://vecharge.example, without user, query and fragment.",
        )
    if not _REMOTE_ID.match(remote_id):
        raise AddressError(
            "remote_id",
            "Expected the charger's id at the server: 1 to 64 characters without blanks and slashes.",
        )
    token = token.strip().removeprefix("Bearer ").strip()
    if not _TOKEN.match(token):
        raise AddressError(
            "token",
            "Expected the server's token: letters, digits and signs, no blanks.",
        )
    return Address(url, remote_id, token)

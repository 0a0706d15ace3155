"""The way from the modem's HTTP client to a real server.

Requests are real: they leave this machine through sockets. In a virtual world the answer is awaited while the world stands
still, so the run stays deterministic; in a paced world a thread waits and the firmware goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass
import http.client
import socket
import ssl
import threading
from typing import Final
from urllib.parse import urlsplit

from .world import World

# Results of AT+HTTPACTION that are not HTTP (SIM800 AT Command Manual V1.12, 12.2.5).
NOT_HTTP: Final = 600
NETWORK_ERROR: Final = 601
NO_MEMORY: Final = 602
DNS_ERROR: Final = 603
STACK_BUSY: Final = 604
TLS_FAILED: Final = 605

_MOST_BYTES: Final = 319_488


@dataclass(frozen=True)
class Request:
    """What the modem sends. `timeout_s` is how long it waits; `tls` is what it makes of https, None if nothing."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_s: float
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True)
class Answer:
    """What came back: an HTTP status with a body, or one of the modem's own results (600 and more)."""

    status: int
    body: bytes = b""


def exchange(request: Request) -> Answer:
    """Send a request and return the answer; whatever goes wrong is a result of the modem, never an exception."""
    try:
        parts = urlsplit(request.url)
        host, port = parts.hostname, parts.port
    except ValueError:
        return Answer(NOT_HTTP)
    if parts.scheme not in ("http", "https") or not host:
        return Answer(NOT_HTTP)
    if parts.scheme == "http":
        connection = http.client.HTTPConnection(host, port, timeout=request.timeout_s)
    elif request.tls is None:
        return Answer(TLS_FAILED)
    else:
        connection = http.client.HTTPSConnection(
            host, port, timeout=request.timeout_s, context=request.tls
        )
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(
            request.method, target, request.body or None, dict(request.headers)
        )
        with connection.getresponse() as response:
            body = response.read(_MOST_BYTES + 1)
            return (
                Answer(NO_MEMORY)
                if len(body) > _MOST_BYTES
                else Answer(response.status, body)
            )
    except socket.gaierror:
        return Answer(DNS_ERROR)
    except ssl.SSLError:
        return Answer(TLS_FAILED)
    except OSError:
        return Answer(NETWORK_ERROR)
    except http.client.HTTPException, ValueError:
        return Answer(NOT_HTTP)
    finally:
        connection.close()


class Internet:
    """Carries requests out of one world and answers back into it."""

    def __init__(
        self, world: World, carry: Callable[[Request], Answer] = exchange
    ) -> None:
        """Use `carry` for the exchange itself; a test may answer without a server."""
        self._world = world
        self._carry = carry
        self._real = carry is exchange

    def knows(self, name: str) -> bool:
        """Return whether there is a host of this name; who answers without a server has all of them."""
        if not self._real:
            return True
        try:
            socket.getaddrinfo(name, None)
        except OSError:
            return False
        return True

    def fetch(self, request: Request) -> Answer:
        """Send a request and wait for the answer, whatever clock there is."""
        return self._carry(request)

    def send(self, request: Request, done: Callable[[Answer], None]) -> None:
        """Send a request; `done` is called in the world with the answer."""
        if self._world.virtual:
            done(self._carry(request))
            return

        def wait() -> None:
            answer = self._carry(request)
            self._world.arrive(lambda: done(answer))

        threading.Thread(target=wait, name="request", daemon=True).start()

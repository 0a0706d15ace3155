"""What the firmware and its hub say to each other, as the courier sees it. Nothing here is verified or changed."""

import json
from typing import Any

from .courier import Courier
from .internet import Answer, Request


class Exchanges:
    """Counts uploads and keeps the newest message."""

    def __init__(self, courier: Courier) -> None:
        """Listen to a courier's requests."""
        self.succeeded = 0
        self.failed = 0
        self.last_status: int | None = None
        self._newest: tuple[bytes, bytes] = b"", b""
        self._read: tuple[dict[str, Any], dict[str, Any]] | None = None
        courier.listeners.append(self._hear)

    @property
    def last_message(self) -> dict[str, Any]:
        """What the firmware said last; empty when that was not S1."""
        return self._last()[0]

    @property
    def last_reply(self) -> dict[str, Any]:
        """What it was answered; empty when that was not S1."""
        return self._last()[1]

    def _hear(self, request: Request, answer: Answer) -> None:
        self.last_status = answer.status
        self._newest, self._read = (request.body, answer.body), None
        if answer.status == 200:
            self.succeeded += 1
        else:
            self.failed += 1

    def _last(self) -> tuple[dict[str, Any], dict[str, Any]]:
        # Only when somebody asks: in virtual time there are thousands of messages a second.
        if self._read is None:
            message, reply = self._newest
            self._read = _json_part(message), _json_part(reply)
        return self._read


def _json_part(body: bytes) -> dict[str, Any]:
    """Return the JSON object behind an S1 body's first line, or an empty one."""
    try:
        found = json.loads(body.partition(b"\n")[2])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

"""What the firmware and its hub say to each other, as the modem sees it. Nothing here is verified or changed."""

import json
from typing import Any

from .internet import Answer, Request
from .parts.sim800 import Modem


class Exchanges:
    """Counts uploads and keeps the newest message."""

    def __init__(self, modem: Modem) -> None:
        """Listen to a modem's requests."""
        self.succeeded = 0
        self.failed = 0
        self.samples = 0
        self.last_status: int | None = None
        self.last_message: dict[str, Any] = {}
        self.last_reply: dict[str, Any] = {}
        modem.http.listeners.append(self._hear)

    def _hear(self, request: Request, answer: Answer) -> None:
        self.last_status = answer.status
        self.last_message = _json_part(request.body)
        self.last_reply = _json_part(answer.body)
        if answer.status == 200:
            self.succeeded += 1
            samples = self.last_message.get("samples")
            self.samples += len(samples) if isinstance(samples, list) else 0
        else:
            self.failed += 1


def _json_part(body: bytes) -> dict[str, Any]:
    """Return the JSON object behind an S1 body's first line, or an empty one."""
    try:
        found = json.loads(body.partition(b"\n")[2])
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}

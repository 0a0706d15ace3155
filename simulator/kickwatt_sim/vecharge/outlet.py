"""What is behind the server: a brick with a battery, and a clock that may run fast."""

from collections.abc import Callable
from datetime import UTC, datetime
import time
from typing import Any

from ..parts.battery import Battery
from ..parts.charger import Charger
from ..world import SECOND

MAINS_V = 230.0
PAST_S = 10.0  # what begins so long before the present begins in the past


class Clock:
    """Unix time that begins at `start_s`.

    The world runs `speed` times as fast. One that begins in the past does so until it has caught up with the present; one
    that begins now shows the present all the same.
    """

    def __init__(
        self,
        start_s: float | None = None,
        speed: float = 1.0,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Without a start it begins now."""
        self._now_s = now_s
        self._began_s = now_s()
        self._start_s = self._began_s if start_s is None else start_s
        self._speed = speed
        self._behind = self._start_s < self._began_s - PAST_S

    @property
    def world_ns(self) -> int:
        """Nanoseconds of the simulated world since it began."""
        now_s = self._now_s()
        passed_s = (now_s - self._began_s) * self._speed
        if self._behind:
            passed_s = min(passed_s, now_s - self._start_s)
        return round(passed_s * SECOND)

    @property
    def now_s(self) -> float:
        """What it shows."""
        if not self._behind:
            return self._now_s()
        return self._start_s + self.world_ns / SECOND


class Outlet:
    """One charger of the server, in the server's words."""

    def __init__(self, clock: Clock, *, charge: float = 0.45) -> None:
        """`charge` is how full the battery is, 0..1."""
        self.clock = clock
        self.on = False
        self._brick = Charger(lambda: clock.world_ns)
        self._brick.plug_in(Battery(charge=charge))
        self._before_wh = 0.0

    def switch(self, on: bool) -> bool:
        """Switch it; whether that changed anything."""
        if on == self.on:
            return False
        self.on = on
        self._brick.power(on)
        if on:
            self._before_wh = self._brick.wall_wh
        return True

    def log(self, charger_id: str, user: str) -> dict[str, Any]:
        """Return `newLog` as the old server's text prints it: text with two decimals, and energy as a number."""
        power_w = self._brick.look().power_w
        factor = Charger.power_factor(power_w)
        current_a = power_w / MAINS_V / factor if factor else 0.0
        return {
            "deviceId": "veChargePoint0125896",
            "voltage": f"{MAINS_V:.2f}",
            "current": f"{current_a:.2f}",
            "power": f"{power_w:.2f}",
            "energy": round(self._session_kwh, 3),
            "createdAt": written(self.clock.now_s),
            "userId": user,
            "chargerId": charger_id,
        }

    def document(self, charger_id: str, user: str) -> dict[str, Any]:
        """Return the charger as its database has it."""
        return {
            "location": {"type": "Point", "coordinates": [77.0608, 28.7186]},
            "status": "ON" if self.on else "OFF",
            "power": 0,
            "voltage": 0,
            "current": 0,
            "energy": round(self._session_kwh, 3),
            "prev_energy": 36.44,
            "currentUser": user,
            "isActive": True,
            "partnerId": "61dc307faf72d17afc57e385",
            "desiredDgStatus": "OFF",
            "reportedDgStatus": "OFF",
            "chargerMode": "PUBLIC",
            "chargerPrivateUsers": ["+911234567890"],
            "_id": charger_id,
            "detail": "_xxxxxx",
            "operator": "veChargerCommunity",
            "address": "Rohini Sector 22",
            "__v": 0,
            "wifiConnectivity": True,
            "connectedTimestamp": written(self.clock.now_s),
        }

    @property
    def _session_kwh(self) -> float:
        return (self._brick.wall_wh - self._before_wh) / 1000


def written(time_s: float) -> str:
    """Return a time as JavaScript's `Date` writes it."""
    return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"

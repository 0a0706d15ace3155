"""What Home Assistant sees of a charge."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Self

from .homeassistant import HomeAssistant, HomeAssistantError, State

WHOLE: Final = ("idle", "charging", "full")
"""The states that make a whole charge, in this order; at its end the relay is off."""


KEYS: Final = {
    "relay": "switch",
    "charging_state": "sensor",
    "charging": "binary_sensor",
    "power": "sensor",
    "energy": "sensor",
    "session_energy": "sensor",
    "current": "sensor",
    "voltage": "sensor",
    "signal_strength": "sensor",
    "cutoff": "number",
    "estimated_full": "sensor",
    "mode": "select",
}
"""What the integration must make of a charger that measures real power, with the platform of each."""


@dataclass(frozen=True)
class Entities:
    """The device of one charger and its entities, by their keys in the integration."""

    device_id: str
    ids: Mapping[str, str]

    @classmethod
    async def find(cls, hass: HomeAssistant, charger_id: str, limit_s: float) -> Self:
        """Wait until Home Assistant has made all of them; some come with the first reading only.

        Raises:
            HomeAssistantError: one is not there within `limit_s`.

        """
        ids: dict[str, str] = {}
        try:
            async with asyncio.timeout(limit_s):
                while True:
                    for device in await hass.command("config/device_registry/list"):
                        if device["serial_number"] == charger_id:
                            ids = await cls._of_device(hass, device["id"])
                            if ids.keys() >= KEYS.keys():
                                return cls(device["id"], ids)
                    await asyncio.sleep(0.5)
        except TimeoutError:
            missing = ", ".join(KEYS.keys() - ids.keys())
            raise HomeAssistantError(
                f"Home Assistant made no entity for {missing} within {limit_s:.0f} s"
            ) from None

    @staticmethod
    async def _of_device(hass: HomeAssistant, device_id: str) -> dict[str, str]:
        """The entity ids of a device. The integration's unique ids are "<hub>-<charger>-<key>"."""
        return {
            key: entry["entity_id"]
            for entry in await hass.command("config/entity_registry/list")
            if entry["device_id"] == device_id
            and entry["platform"] == "kickwatt"
            and entry["disabled_by"] is None
            and KEYS.get(key := entry["unique_id"].rpartition("-")[2])
            == entry["entity_id"].partition(".")[0]
        }

    def later(self, key: str) -> str:
        """The entity id of a sensor that comes only with the first charge; they are named alike."""
        return self["session_energy"].replace("session_energy", key)

    def __getitem__(self, key: str) -> str:
        """The entity id of a key."""
        return self.ids[key]


def snapshot(states: Mapping[str, State], entity_ids: Iterable[str]) -> dict[str, Any]:
    """What these entities say now, for the report."""
    kept = ("friendly_name", "unit_of_measurement", "device_class", "state_class")
    return {
        entity_id: {
            "state": state.state,
            **{key: state.attributes[key] for key in kept if key in state.attributes},
        }
        for entity_id in entity_ids
        if (state := states.get(entity_id))
    }


@dataclass
class Charge:
    """Follows one charge from the states that Home Assistant pushes. No clock of its own."""

    entities: Entities
    stages: list[tuple[str, datetime]] = field(default_factory=list)
    """The charging states, each with the time at which Home Assistant saw it first."""

    relay: str = "unknown"
    relay_was_on: bool = False
    relay_off_since: datetime | None = None
    power_w: float | None = None
    peak_power_w: float = 0.0
    first_kwh: float | None = None
    last_kwh: float | None = None

    def see(self, state: State) -> None:
        """Take in a new state of any entity."""
        entities, number = self.entities, state.number
        if state.entity_id == entities["charging_state"]:
            if state.state not in ("unknown", "unavailable", self.stage):
                self.stages.append((state.state, state.last_changed))
        elif state.entity_id == entities["relay"]:
            self._see_relay(state)
        elif state.entity_id == entities["power"]:
            self.power_w = number
            self.peak_power_w = max(self.peak_power_w, number or 0.0)
        elif state.entity_id == entities["energy"] and number is not None:
            if self.first_kwh is None:
                self.first_kwh = number
            self.last_kwh = number

    def _see_relay(self, state: State) -> None:
        self.relay = state.state
        if state.state == "on":
            self.relay_was_on, self.relay_off_since = True, None
        elif (
            state.state == "off" and self.relay_was_on and self.relay_off_since is None
        ):
            self.relay_off_since = state.last_changed

    @property
    def stage(self) -> str:
        """The charging state now."""
        return self.stages[-1][0] if self.stages else "unknown"

    @property
    def energy_kwh(self) -> float:
        """What was charged since Home Assistant first looked."""
        if self.first_kwh is None or self.last_kwh is None:
            return 0.0
        return self.last_kwh - self.first_kwh

    @property
    def is_tapering(self) -> bool:
        """Whether the battery takes clearly less than at its best: the curve shows both halves of a charge."""
        return (
            self.stage == "charging" and (self.power_w or 0.0) < 0.6 * self.peak_power_w
        )

    @property
    def is_whole(self) -> bool:
        """Whether idle, charging and full were seen in this order, the relay is off again, and no power flows."""
        seen = iter(stage for stage, _ in self.stages)
        return (
            all(stage in seen for stage in WHOLE)
            and self.relay_off_since is not None
            and self.power_w is not None
            and self.power_w < 1
        )

    @property
    def missing(self) -> str:
        """What did not happen yet, as a sentence."""
        names = [stage for stage, _ in self.stages]
        path = " → ".join(names) or "nothing"
        if not self.relay_was_on:
            return f"the relay never went on; the states were {path}"
        seen = iter(names)
        for stage in WHOLE:
            if stage not in seen:
                return f"the charger never became {stage}; the states were {path}"
        if self.relay_off_since is None:
            return f"the relay is still {self.relay} after {path}"
        return f"the relay is off, but the power is {self.power_w} W"

    def seconds(self, now: datetime) -> dict[str, float]:
        """How long each state lasted, in seconds of this machine; the last until `now`."""
        spent: dict[str, float] = {}
        ends = [at for _, at in self.stages[1:]] + [now]
        for (stage, start), end in zip(self.stages, ends, strict=True):
            spent[stage] = round(
                spent.get(stage, 0.0) + (end - start).total_seconds(), 1
            )
        return spent

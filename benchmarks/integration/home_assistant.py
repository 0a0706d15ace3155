"""A real Home Assistant whose event loop is watched. Usage: … CONFIG URL TOKEN, then words on standard input.

Each word is answered with one line of JSON: `count` with how many entities the integration has, `begin` with null, `newest`
with the energy that each charger shows, and `end` with what was seen since.
"""

import asyncio
from functools import wraps
import gc
import json
from pathlib import Path
import sys
import time
from typing import Any

from homeassistant import bootstrap
from homeassistant.config_entries import SOURCE_USER, ConfigEntry
from homeassistant.const import EVENT_STATE_CHANGED
from homeassistant.core import Event, EventStateChangedData, HomeAssistant, callback
from homeassistant.helpers import entity_registry as er
from homeassistant.runner import RuntimeConfig

DOMAIN = "kickwatt"
TICK_S = 0.01
FULL = 2
"""The oldest generation of Python's collector."""


class Watch:
    """What is seen between `begin` and `end`."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any]) -> None:
        """Watch the energies of all chargers of a hub."""
        begins, end = f"{entry.unique_id}-", "-energy"
        self._chargers = {
            entity.entity_id: entity.unique_id.removeprefix(begins).removesuffix(end)
            for entity in er.async_entries_for_config_entry(
                er.async_get(hass), entry.entry_id
            )
            if entity.domain == "sensor" and entity.unique_id.endswith(end)
        }
        self._time_integration(entry.runtime_data)
        self._collecting = 0.0
        self.newest: dict[str, int] = {}
        hass.bus.async_listen(EVENT_STATE_CHANGED, self._note)
        gc.callbacks.append(self._note_collection)
        self.begin()

    def begin(self) -> None:
        """Forget what was seen."""
        self._states: list[tuple[str, int, float]] = []
        self._late_ms: list[float] = []
        self._collections_ms: list[float] = []
        self._integration_s = 0.0
        self._since = time.perf_counter(), time.thread_time(), time.process_time()

    def end(self) -> dict[str, Any]:
        """Return what was seen."""
        now = time.perf_counter(), time.thread_time(), time.process_time()
        seconds, loop_s, process_s = (
            after - before for before, after in zip(self._since, now, strict=True)
        )
        return {
            "states": self._states,
            "late_ms": self._late_ms,
            "collections_ms": self._collections_ms,
            "seconds": seconds,
            "integration": self._integration_s / seconds,
            "loop": loop_s / seconds,
            "process": process_s / seconds,
        }

    async def keep_time(self) -> None:
        """Note how late the event loop comes to what is due."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + TICK_S
            await asyncio.sleep(TICK_S)
            self._late_ms.append((loop.time() - due) * 1000)

    @callback
    def _note(self, event: Event[EventStateChangedData]) -> None:
        """Note the instant at which a charger's energy is a state."""
        charger = self._chargers.get(event.data["entity_id"])
        state = event.data["new_state"]
        if charger is not None and state is not None:
            energy_wh = round(float(state.state) * 1000)
            self._states.append((charger, energy_wh, time.perf_counter()))
            self.newest[charger] = energy_wh

    def _note_collection(self, phase: str, info: dict[str, int]) -> None:
        """Note how long everything stands still while all of Python's objects are looked at."""
        if info["generation"] != FULL:
            return
        if phase == "start":
            self._collecting = time.perf_counter()
        else:
            took_s = time.perf_counter() - self._collecting
            self._collections_ms.append(took_s * 1000)

    def _time_integration(self, coordinator: Any) -> None:
        """Count what the event loop does for each message of the hub, states written included."""
        handle = coordinator._async_handle  # noqa: SLF001

        @wraps(handle)
        def timed(message: object) -> None:
            begun = time.thread_time()
            handle(message)
            self._integration_s += time.thread_time() - begun

        coordinator._async_handle = timed  # noqa: SLF001


async def run(config: Path, url: str, token: str) -> None:
    """Start, connect to the hub with the dialog, and answer until the input ends."""
    hass = await bootstrap.async_setup_hass(
        RuntimeConfig(config_dir=str(config), skip_pip=True)
    )
    assert hass is not None
    await hass.async_start()
    shown = await hass.config_entries.flow.async_init(
        DOMAIN, context={"source": SOURCE_USER}, data={"url": url, "token": token}
    )
    await hass.async_block_till_done()
    entry = shown.get("result")
    assert isinstance(entry, ConfigEntry), shown
    watch = Watch(hass, entry)
    keeping = hass.async_create_background_task(watch.keep_time(), "lateness")
    while word := await hass.async_add_executor_job(sys.stdin.readline):
        print(json.dumps(_answer(hass, watch, word.strip())), flush=True)
    keeping.cancel()
    await hass.async_stop()


def _answer(hass: HomeAssistant, watch: Watch, word: str) -> Any:
    match word:
        case "count":
            return sum(
                entry.platform == DOMAIN and not entry.disabled
                for entry in er.async_get(hass).entities.values()
            )
        case "begin":
            return watch.begin()
        case "newest":
            return watch.newest
    return watch.end()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1]), sys.argv[2], sys.argv[3]))

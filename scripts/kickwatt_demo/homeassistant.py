"""Drive a real Home Assistant: lay out its folder, start it, onboard it, and talk to its two APIs."""

import asyncio
from collections.abc import Callable, Mapping
import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
import json
from pathlib import Path
import sys
import time
from typing import Any, Self

import aiohttp

from .process import Process

USER = "demo"
PASSWORD = "kickwatt-demo"

CONFIGURATION = """\
homeassistant:
  name: Home
  latitude: 50.26
  longitude: 19.02
  elevation: 266
  unit_system: metric
  currency: EUR
  country: PL
  language: en
  time_zone: Europe/Warsaw
  internal_url: {url}
  external_url: {url}

# What default_config would start, less everything that wants the internet.
recorder:
  commit_interval: 1
history:
logbook:
energy:
sun:

logger:
  default: warning
"""


class HomeAssistantError(Exception):
    """Home Assistant did not do what was asked."""


@dataclass(frozen=True)
class State:
    """An entity's state, as Home Assistant tells it."""

    entity_id: str
    state: str
    attributes: Mapping[str, Any]
    last_changed: datetime

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Self:
        """Read one of Home Assistant's state objects."""
        return cls(
            raw["entity_id"],
            raw["state"],
            raw["attributes"],
            datetime.fromisoformat(raw["last_changed"]),
        )

    @property
    def number(self) -> float | None:
        """The state as a number; None where it is none, such as `unknown`."""
        try:
            return float(self.state)
        except ValueError:
            return None


def seed(config: Path, port: int, custom_components: Path) -> None:
    """Lay out a fresh configuration folder for a server on a loopback port."""
    (config / ".storage").mkdir(parents=True)
    (config / "www").mkdir()
    (config / "custom_components").symlink_to(custom_components)
    (config / "configuration.yaml").write_text(
        CONFIGURATION.format(url=f"http://127.0.0.1:{port}")
    )
    # `http:` in YAML is only a trial of five minutes (gone in 2027.2); stored as "stable" it holds.
    # The values beside host and port are the defaults of HTTP_STORAGE_SCHEMA in components/http/config.py.
    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": True,
        "ssl_profile": "intermediate_v6",
        "use_x_frame_options": True,
        "created_at": datetime.now(UTC).isoformat(),
        "error": None,
        "error_message": None,
    }
    _store(
        config,
        "http",
        3,
        {"stable": stable, "pending": None, "yaml_migration_done": True},
    )
    # The real step "core_config" starts integrations that want the internet. Marked as done, they never start.
    _store(config, "onboarding", 4, {"done": ["core_config", "analytics"]})


def _store(config: Path, key: str, version: int, data: Mapping[str, Any]) -> None:
    """Write a file of Home Assistant's storage."""
    (config / ".storage" / key).write_text(
        json.dumps({"version": version, "minor_version": 1, "key": key, "data": data})
    )


async def start(
    config: Path, log: Path, environment: Mapping[str, str] | None = None
) -> Process:
    """Start Home Assistant on a seeded folder. Nothing is installed: all of it is in this environment."""
    return await Process.start(
        "Home Assistant",
        Path(sys.executable).with_name("hass"),
        "--config",
        config,
        "--skip-pip",
        "--log-no-color",
        log=log,
        environment=environment,
    )


class HomeAssistant:
    """A Home Assistant and its owner: REST for what only REST has, WebSocket for the rest."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        """Talk to the server at `url`, which has no slash at its end."""
        self.url = url
        self.client_id = f"{url}/"
        self.states: dict[str, State] = {}
        self.tokens: dict[str, Any] = {}
        self._session = session
        self._token_expires = 0.0
        self._websocket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._last_id = 0
        self._results: dict[int, asyncio.Future[Any]] = {}
        self._listeners: list[Callable[[State], None]] = []
        self._changed = asyncio.Condition()

    async def rest(self, method: str, path: str, **kwargs: Any) -> Any:
        """Make one REST call and return the JSON of its answer.

        Raises:
            HomeAssistantError: the status is an error.
            aiohttp.ClientError: nobody answered.

        """
        headers = (
            {"Authorization": f"Bearer {await self._access_token()}"}
            if self.tokens
            else {}
        )
        return await self._call(method, path, headers=headers, **kwargs)

    async def _call(self, method: str, path: str, **kwargs: Any) -> Any:
        async with self._session.request(
            method, f"{self.url}{path}", **kwargs
        ) as response:
            text = await response.text()
            if response.status >= 400:
                raise HomeAssistantError(f"{method} {path}: {response.status} {text}")
            return json.loads(text) if text else None

    async def _access_token(self) -> str:
        """A token that is still good: they last half an hour, the demo as long as one likes."""
        if time.monotonic() > self._token_expires:
            await self._get_tokens(
                grant_type="refresh_token", refresh_token=self.tokens["refresh_token"]
            )
        return str(self.tokens["access_token"])

    async def _get_tokens(self, **form: str) -> None:
        asked = time.monotonic()
        tokens = await self._call(
            "POST", "/auth/token", data={"client_id": self.client_id, **form}
        )
        self.tokens |= tokens
        self._token_expires = asked + tokens["expires_in"] - 60

    async def answers(self) -> None:
        """Wait until the server answers at all."""
        while True:
            with contextlib.suppress(aiohttp.ClientError):
                await self.rest("GET", "/api/onboarding")
                return
            await asyncio.sleep(0.1)

    async def onboard(self) -> None:
        """Create the owner and finish the onboarding, as the first visitor of the frontend does.

        Raises:
            HomeAssistantError: it has an owner already, so it is not the one that was started here.

        """
        for step in await self.rest("GET", "/api/onboarding"):
            if step["step"] == "user" and step["done"]:
                raise HomeAssistantError(
                    f"another Home Assistant answers at {self.url}"
                )
        created = await self.rest(
            "POST",
            "/api/onboarding/users",
            json={
                "client_id": self.client_id,
                "name": USER.capitalize(),
                "username": USER,
                "password": PASSWORD,
                "language": "en",
            },
        )
        await self._get_tokens(
            grant_type="authorization_code", code=created["auth_code"]
        )
        await self.rest(
            "POST",
            "/api/onboarding/integration",
            json={
                "client_id": self.client_id,
                "redirect_uri": f"{self.client_id}?auth_callback=1",
            },
        )

    async def is_running(self) -> None:
        """Wait until everything that belongs to the start has started."""
        while (await self.rest("GET", "/api/config"))["state"] != "RUNNING":
            await asyncio.sleep(0.1)

    async def connect(self) -> None:
        """Open the WebSocket and follow every state from here on."""
        self._websocket = await self._session.ws_connect(
            f"{self.url}/api/websocket", max_msg_size=0
        )
        await self._websocket.receive_json()  # auth_required
        await self._websocket.send_json(
            {"type": "auth", "access_token": await self._access_token()}
        )
        if (answer := await self._websocket.receive_json())["type"] != "auth_ok":
            raise HomeAssistantError(f"the WebSocket refused the token: {answer}")
        self._reader = asyncio.create_task(self._read(self._websocket))
        await self.command("subscribe_events", event_type="state_changed")
        for raw in await self.command("get_states"):
            self.states.setdefault(raw["entity_id"], State.parse(raw))

    async def close(self) -> None:
        """Close the WebSocket."""
        if self._reader:
            self._reader.cancel()
        if self._websocket:
            await self._websocket.close()

    async def _read(self, websocket: aiohttp.ClientWebSocketResponse) -> None:
        """Hand out what comes in, until the connection ends."""
        try:
            async for frame in websocket:
                message = frame.json()
                if message["type"] == "result":
                    self._settle(message)
                elif message["type"] == "event":
                    await self._state_changed(message["event"]["data"])
        finally:
            for waiting in self._results.values():
                if not waiting.done():
                    waiting.set_exception(
                        HomeAssistantError("the WebSocket was closed")
                    )
            self._results.clear()

    def _settle(self, message: Mapping[str, Any]) -> None:
        future = self._results.pop(message["id"], None)
        if future is None or future.done():
            return
        if message["success"]:
            future.set_result(message["result"])
        else:
            future.set_exception(HomeAssistantError(message["error"]["message"]))

    async def _state_changed(self, data: Mapping[str, Any]) -> None:
        if data["new_state"] is None:
            self.states.pop(data["entity_id"], None)
        else:
            state = State.parse(data["new_state"])
            self.states[state.entity_id] = state
            for listener in self._listeners:
                listener(state)
        async with self._changed:
            self._changed.notify_all()

    def listen(self, listener: Callable[[State], None]) -> None:
        """Call `listener` with every state that changes from here on."""
        self._listeners.append(listener)

    async def until(self, what: str, test: Callable[[], bool], limit_s: float) -> None:
        """Wait until `test` holds; it is tried whenever a state has changed.

        Raises:
            HomeAssistantError: it did not hold within `limit_s`; the message names `what`.

        """
        try:
            async with asyncio.timeout(limit_s), self._changed:
                await self._changed.wait_for(test)
        except TimeoutError:
            raise HomeAssistantError(f"not within {limit_s:.0f} s: {what}") from None

    async def command(self, type_: str, **fields: Any) -> Any:
        """Send one WebSocket command and return its result.

        Raises:
            HomeAssistantError: Home Assistant refused it.

        """
        if self._websocket is None:
            raise HomeAssistantError("the WebSocket is not connected")
        self._last_id += 1
        result = self._results[self._last_id] = (
            asyncio.get_running_loop().create_future()
        )
        await self._websocket.send_json({"id": self._last_id, "type": type_, **fields})
        return await result

    async def act(self, action: str, entity_id: str, **data: Any) -> None:
        """Perform an action, such as `switch.turn_on`, and wait until it is done.

        Raises:
            HomeAssistantError: it failed; the message is the one that the owner would see.

        """
        domain, service = action.split(".")
        await self.command(
            "call_service",
            domain=domain,
            service=service,
            service_data=data,
            target={"entity_id": entity_id},
        )

    async def start_flow(self, handler: str) -> dict[str, Any]:
        """Start the config flow of an integration; returns its first step."""
        step: dict[str, Any] = await self.rest(
            "POST", "/api/config/config_entries/flow", json={"handler": handler}
        )
        return step

    async def continue_flow(
        self, flow_id: str, answers: Mapping[str, Any]
    ) -> dict[str, Any]:
        """Answer a step of a config flow; returns the next step."""
        step: dict[str, Any] = await self.rest(
            "POST", f"/api/config/config_entries/flow/{flow_id}", json=dict(answers)
        )
        return step

    async def flows(self, handler: str) -> list[dict[str, Any]]:
        """The flows of an integration that wait for their owner, such as discovered ones."""
        return [
            flow
            for flow in await self.command("config_entries/flow/progress")
            if flow["handler"] == handler
        ]

    async def forget(self, domain: str) -> None:
        """Remove what an integration is set up with."""
        for entry in await self.command("config_entries/get", domain=domain):
            path = f"/api/config/config_entries/entry/{entry['entry_id']}"
            await self.rest("DELETE", path)

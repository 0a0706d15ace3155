"""A pretend Supervisor: as much of its API as the way from an app's announcement to Home Assistant's flow needs.

Home Assistant registers that way in `hassio.async_setup`, before the entry that wants the rest of the Supervisor; the rest
may fail, it is tried again quietly. So a picture of what an app's owner meets can be made without Home Assistant OS.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

TOKEN: Final = "supervisor-token"
SLUG: Final = "local_kickwatt"

# Every field that Home Assistant's client wants of an app.
APP: Final[dict[str, Any]] = {
    **dict.fromkeys(
        [
            "advanced",
            "audio",
            "auth_api",
            "auto_update",
            "build",
            "changelog",
            "detached",
            "devicetree",
            "docker_api",
            "documentation",
            "full_access",
            "gpio",
            "hassio_api",
            "homeassistant_api",
            "host_dbus",
            "host_ipc",
            "host_network",
            "host_pid",
            "host_uts",
            "icon",
            "ingress_panel",
            "kernel_modules",
            "logo",
            "signed",
            "stdin",
            "system_managed",
            "uart",
            "udev",
            "update_available",
            "usb",
            "video",
            "watchdog",
        ],
        False,
    ),
    **dict.fromkeys(
        [
            "audio_input",
            "audio_output",
            "homeassistant",
            "ingress_entry",
            "ingress_url",
            "network",
            "network_description",
            "schema",
            "system_managed_config_entry",
            "url",
            "webui",
        ]
    ),
    "arch": ["amd64"],
    "apparmor": "profile",
    "available": True,
    "boot": "auto",
    "boot_config": "auto",
    "description": "",
    "devices": [],
    "discovery": ["kickwatt"],
    "dns": [],
    "hassio_role": "default",
    "hostname": "127.0.0.1",
    "ingress": False,
    "ingress_port": None,
    "ip_address": "127.0.0.1",
    "long_description": "",
    "machine": [],
    "name": "Kickwatt",
    "options": {},
    "privileged": [],
    "protected": True,
    "rating": 8,
    "repository": "local",
    "services": [],
    "slug": SLUG,
    "stage": "stable",
    "startup": "services",
    "state": "started",
    "translations": {},
    "version": "0.1.0",
    "version_latest": "0.1.0",
}


@dataclass
class Supervisor:
    """It keeps what apps announce, and tells Home Assistant when asked."""

    address: str = ""
    received: list[dict[str, Any]] = field(default_factory=list)
    announced: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """By what a program finds it."""
        return {"SUPERVISOR": self.address, "SUPERVISOR_TOKEN": TOKEN}

    async def told(self) -> dict[str, Any]:
        """Wait until an app has announced itself; return the newest announcement."""
        while not self.received:
            await asyncio.sleep(0.1)
        return self.received[-1]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request in the Supervisor's envelope."""
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return _no("unauthorized", 401)
        match request.method, request.path.strip("/").split("/"):
            case "GET", ["supervisor", "ping"]:
                return _ok({})
            case "POST", ["discovery"]:
                return self._announce(await request.json())
            case "GET", ["discovery"]:
                return _ok({"discovery": list(self.announced.values()), "services": {}})
            case "GET", ["discovery", uuid] if uuid.replace("-", "") in self.announced:
                return _ok(self.announced[uuid.replace("-", "")])
            case "GET", ["addons", slug, "info"] if slug in (SLUG, "self"):
                return _ok(APP)
        return _no(f"not here: {request.path}", 400)

    def _announce(self, message: dict[str, Any]) -> web.Response:
        """The same app and service is an update: it keeps its uuid.

        On the Supervisor's network an app's host name leads to the app; here the app is on this machine.
        """
        self.received.append(message)
        uuid = f"{1:032x}"
        config = {**message["config"], "host": "127.0.0.1"}
        self.announced[uuid] = {
            "addon": SLUG,
            "uuid": uuid,
            **message,
            "config": config,
        }
        return _ok({"uuid": uuid})


def _ok(data: Any) -> web.Response:
    return web.json_response({"result": "ok", "data": data})


def _no(message: str, status: int) -> web.Response:
    return web.json_response({"result": "error", "message": message}, status=status)


@asynccontextmanager
async def pretend_supervisor(port: int) -> AsyncIterator[Supervisor]:
    """Serve on a port of this machine for a while."""
    supervisor = Supervisor(f"127.0.0.1:{port}")
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", supervisor.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", port).start()
        yield supervisor
    finally:
        await runner.cleanup()

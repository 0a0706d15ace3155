"""The app, run by its own scripts: what the image and bashio would give them is given here instead.

In the image /data is the app's, the ports are free, bashio is the real one, and s6 starts the services.
"""

from dataclasses import dataclass, field
import json
import os
from pathlib import Path
import shutil
from typing import Any, Final

from kickwatt_demo.process import Process, free_ports
from kickwatt_demo.supervisor import TOKEN

ROOT: Final = Path(__file__).parents[2]
SERVICES: Final = ROOT / "addon/rootfs/etc/s6-overlay/s6-rc.d"

# As much of bashio as the scripts use, and as strict. The option comes from the same file that the Supervisor writes.
# Whoever has bashio itself names its folder `lib` in KICKWATT_BASHIO.
STAND_IN: Final = """
set -o errexit -o errtrace -o nounset -o pipefail
bashio::log.info() { echo INFO: "$*" >&2; }
bashio::config.true() { grep -q "\\"$1\\": true" %(options)s; }
"""


@dataclass
class App:
    """An installed app: its folder with data and options, and where it listens on this machine."""

    folder: Path
    supervisor: str
    port: int
    device_port: int
    python: Path
    """The interpreter that stands for the image's."""
    options: dict[str, Any] = field(default_factory=dict)
    control_port: int = field(default_factory=lambda: free_ports(1)[0])
    """Where the simulator's control listens."""

    @property
    def data(self) -> Path:
        """The folder that a backup holds."""
        return self.folder / "data"

    @property
    def url(self) -> str:
        """The main port, as Home Assistant reaches it."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self, service: str = "kickwatt") -> Process:
        """Start one of its services, as s6 does."""
        self.data.mkdir(parents=True, exist_ok=True)
        options = self.data / "options.json"
        options.write_text(json.dumps({"log_level": "info", **self.options}))
        script = (SERVICES / service / "run").read_text()
        for inside, here in (
            ("/data", str(self.data)),
            ("8421", str(self.port)),
            ("8422", str(self.device_port)),
            ("8424", str(self.control_port)),
        ):
            script = script.replace(inside, here)
        run = self.folder / f"{service}-run"
        run.write_text(_bashio(options) + script)
        python = self.folder / "bin/python3"
        if not python.exists():
            python.parent.mkdir(exist_ok=True)
            python.write_text(f'#!/bin/sh\nexec {self.python} "$@"\n')
            python.chmod(0o755)
        return await Process.start(
            f"the app's {service}",
            shutil.which("bash") or "bash",
            run,
            log=self.folder / f"{service}.log",
            environment={
                "PATH": f"{python.parent}:/usr/bin:/bin",
                "BLINKA_SKIP_DEPENDENCY_CHECK": "1",
                "SUPERVISOR": self.supervisor,
                "SUPERVISOR_TOKEN": TOKEN,
            },
        )


def _bashio(options: Path) -> str:
    """Return what makes bashio's functions known, as the scripts' interpreter does."""
    if folder := os.environ.get("KICKWATT_BASHIO"):
        return f"ADDON_CONFIG={options}\nsource {folder}/bashio.sh\n"
    return STAND_IN % {"options": options}

"""Whatever is sent to a described call, the real program answers as it is described: never 500, nothing unsaid.

For longer than in a usual run: KICKWATT_SCHEMATHESIS_EXAMPLES=300 scripts/test tests/hub/described
"""

from collections.abc import Iterator
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any
import urllib.request

import pytest

from tests.support.hub_process import HubProcess

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = int(os.environ.get("KICKWATT_SCHEMATHESIS_EXAMPLES", "0"))
LOCATION = {"street": "A", "number": "1", "city": "B", "zip_code": "40-001", "user": 1}
HOST = {"ip": "127.0.0.1", "port": 9, "slave_address": 1, "user": 1, "location": 1, "meter": 1}  # fmt: skip


def _post(hub: HubProcess, token: str, path: str, body: Any) -> None:
    request = urllib.request.Request(
        hub.url + path,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    urllib.request.urlopen(request, timeout=20).close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    """A hub with something of everything."""
    with HubProcess(tmp_path / "data") as running:
        for each in ("scooter", "gone"):
            running.add_charger(each)
        yield running


def _tokens(hub: HubProcess) -> dict[str, str]:
    admin = hub.add_token("admin")
    hub.cli("user", "add", "ann", stdin="correct horse\n")
    user = hub.cli("token", "create", "ann", "--scope", "control").strip()
    for path, body in (
        ("/admin/locations", LOCATION),
        ("/admin/meters", {"name": "M", "type": 1}),
        ("/admin/measurements", {"measurement": "1", "type": 1}),
        ("/admin/hosts", HOST),
    ):
        _post(hub, admin, path, body)
    return {"administrator": admin, "user": user}


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("who", "examples"), [("administrator", 4), ("user", 1), ("nobody", 1)]
)
def test_every_call_answers_as_it_is_described(
    hub: HubProcess, who: str, examples: int
) -> None:
    """To whoever calls, with what is right and what is wrong."""
    token = _tokens(hub).get(who)
    proof = [] if token is None else ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{hub.url}/api/v1/openapi.json", "--url", hub.url, "--no-color"),
            *("--max-examples", str(EXAMPLES or examples), "--warnings", "off", *proof),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert "Traceback" not in hub.log()

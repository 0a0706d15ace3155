"""Whatever is sent to a described call, the real program answers as it is described: never 500, nothing unsaid.

For longer than in a usual run: KICKWATT_SCHEMATHESIS_EXAMPLES=300 scripts/test tests/hub/described
"""

from collections.abc import Iterator
from dataclasses import dataclass
import json
import os
from pathlib import Path
import subprocess
import sys
from typing import Any
import urllib.request

import pytest

from tests.support.hub_process import HubProcess

pytestmark = pytest.mark.once

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = int(os.environ.get("KICKWATT_SCHEMATHESIS_EXAMPLES", "0"))
PASSWORD = "correct horse"
THINGS: list[tuple[str, dict[str, object]]] = [
    ("/api/v1/chargers", {"id": "scooter"}),
    ("/api/v1/chargers", {"id": "gone"}),
    (
        "/admin/locations",
        {"street": "A", "number": "1", "city": "B", "zip_code": "40-001", "user": 1},
    ),
    ("/admin/meters", {"name": "M", "type": 1}),
    ("/admin/measurements", {"measurement": "1", "type": 1}),
    # Nothing listens at port 9: a meter that does not answer.
    ("/api/v1/meters", {"host": "127.0.0.1", "port": 9, "model": "sdm630", "site": 1}),
]


@dataclass(frozen=True)
class Tried:
    """A hub and tokens of callers."""

    hub: HubProcess
    tokens: dict[str, str]


def _post(hub: HubProcess, token: str, path: str, body: Any) -> Any:
    request = urllib.request.Request(
        hub.url + path,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tried]:
    """A hub with something of everything, and who may call it."""
    with HubProcess(tmp_path_factory.mktemp("described") / "data") as hub:
        admin = hub.add_token("admin")
        _post(hub, admin, "/api/v1/users", {"name": "ann", "password": PASSWORD})
        for path, body in THINGS:
            _post(hub, admin, path, body)
        login = {"name": "ann", "password": PASSWORD}
        user = _post(hub, admin, "/api/v1/login", login)["token"]
        yield Tried(hub, {"administrator": admin, "user": user})


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("who", "phases", "examples"),
    [
        ("nobody", "fuzzing", 1),
        ("user", "fuzzing", 1),
        ("administrator", "examples,coverage,fuzzing", 3),
    ],
)
def test_every_call_answers_as_it_is_described(
    tried: Tried, who: str, phases: str, examples: int
) -> None:
    """To whoever calls, with what is right and what is wrong."""
    hub, token = tried.hub, tried.tokens.get(who)
    proof = [] if token is None else ["--header", f"Authorization: Bearer {token}"]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG)),
            *("run", f"{hub.url}/api/v1/openapi.json", "--url", hub.url, "--no-color"),
            *("--max-examples", str(EXAMPLES or examples), "--phases", phases),
            *("--warnings", "off", *proof),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr[-2_000:]
    assert "Traceback" not in hub.log(), hub.log()[-5_000:]

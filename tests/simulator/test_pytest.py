"""The pytest plugin, used by another project's tests in a process of their own."""

from pathlib import Path
import re
import tomllib

import pytest

import kickwatt_sim.pytest as plugin

pytest_plugins = ["pytester"]

ROOT = Path(__file__).parents[2]
MY_HUB = """
from http.server import BaseHTTPRequestHandler, HTTPServer
import threading
import types

import pytest


@pytest.fixture
def my_hub():
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            requests.append(self.path)
            self.send_error(503)

        def log_message(self, *_arguments):
            pass

    requests = []
    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield types.SimpleNamespace(
        url=f"http://127.0.0.1:{server.server_port}", requests=requests
    )
    server.shutdown()
    server.server_close()
"""


@pytest.fixture
def other_project(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> pytest.Pytester:
    """Return a project whose pytest loads this plugin and none of ours."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    pytester.makeconftest(MY_HUB)
    return pytester


def test_the_example_of_the_readme_passes(other_project: pytest.Pytester) -> None:
    readme = (ROOT / "simulator" / "README.md").read_text()
    example = re.search(r"<!-- example -->\n```python\n(.*?)```", readme, re.DOTALL)
    assert example is not None
    other_project.makepyfile("import pytest\n" + example[1])
    result = other_project.runpytest_subprocess("-p", "kickwatt_sim.pytest", "-q")
    result.assert_outcomes(passed=3)


def test_the_speed_is_a_setting_and_a_wrong_one_is_said(
    other_project: pytest.Pytester,
) -> None:
    other_project.makepyfile(
        """
        import time

        def test_quick(kickwatt_meter):
            begun = kickwatt_meter.do(lambda: kickwatt_meter.world.now_s)
            time.sleep(0.1)
            assert kickwatt_meter.do(lambda: kickwatt_meter.world.now_s) - begun > 9
        """
    )
    plain = ("-p", "kickwatt_sim.pytest", "-q", "-o")
    other_project.runpytest_subprocess(*plain, "kickwatt_speed=100").assert_outcomes(
        passed=1
    )
    refused = other_project.runpytest_subprocess(*plain, "kickwatt_speed=fast")
    refused.assert_outcomes(errors=1)
    refused.stdout.fnmatch_lines(["*kickwatt_speed must be a number above 0*'fast'*"])


def test_pytest_finds_the_plugin_where_kickwatt_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["entry-points"]["pytest11"] == {plugin.__name__: plugin.__name__}

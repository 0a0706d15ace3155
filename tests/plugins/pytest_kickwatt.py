"""What all of Kickwatt's tests share; pyproject.toml loads it with `-p`, before any other plugin.

Home Assistant's test component is on only for a run that names `tests/integration`: its fixtures forbid sockets,
patch zeroconf and look for lingering threads, which is right there and wrong for a hub. Such a run holds nothing else.
"""

from collections.abc import Iterator
import glob
import json
import os
from pathlib import Path
import shutil
import sys

from hypothesis import settings
import pytest

ROOT = Path(__file__).parents[2]
NEEDS = "needs a program that is not here: "

# Workers of pytest-xdist have another command line, but the same environment.
_INTEGRATION = "KICKWATT_TEST_INTEGRATION"
# Where a run adds what it counted, for scripts/test.
_RESULTS = "KICKWATT_TEST_RESULTS"
# Of what a failed test said, in characters.
_LAST_WORDS = 1200

settings.register_profile("default", deadline=None)
# On a machine that builds, the same inputs each time: a failure must come from the change.
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "default")


def _names_integration(arguments: list[str]) -> bool:
    """Return whether one of these arguments is `tests/integration` or lies in it."""
    folder = ROOT / "tests" / "integration"
    paths = [
        Path.cwd() / argument.partition("::")[0]
        for argument in arguments
        if not argument.startswith("-")
    ]
    return any(path.resolve().is_relative_to(folder) for path in paths)


def _make_home_assistant_ready() -> None:
    """Let pytest-homeassistant-custom-component 0.13.375, cut for 2026.10.4, run on 2026.11.0 too.

    2026.11 aliases httpx to httpx2, and so must be imported before the component imports httpx; and it has no
    `_clear_logger_overwrites` any more, which the component calls.
    """
    from homeassistant.components import logger

    if not hasattr(logger, "_clear_logger_overwrites"):
        vars(logger)["_clear_logger_overwrites"] = lambda hass: None


if "PYTEST_XDIST_WORKER" not in os.environ:
    os.environ[_INTEGRATION] = "1" if _names_integration(sys.argv[1:]) else ""
if os.environ[_INTEGRATION]:
    _make_home_assistant_ready()


def pytest_plugin_registered(
    plugin: object, manager: pytest.PytestPluginManager
) -> None:
    """Keep Home Assistant's test component out of every other run."""
    if plugin is sys.modules[__name__] and not os.environ[_INTEGRATION]:
        manager.set_blocked("homeassistant")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run of the hub's tests be on either engine."""
    parser.addoption(
        "--database",
        choices=("sqlite", "postgresql"),
        default="sqlite",
        help="what the hub's tests store in",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker that names a program."""
    config.addinivalue_line(
        "markers",
        "needs(program, package=None): skip where this program is not; a name on PATH, a file, or a pattern of files",
    )


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave integration tests out of a run that did not name them: they would miss their fixtures."""
    if (
        collection_path == ROOT / "tests" / "integration"
        and not os.environ[_INTEGRATION]
    ):
        return True
    return None


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose program is missing, and say which Debian package has it."""
    for marker in item.iter_markers("needs"):
        program: str = marker.args[0]
        if not shutil.which(program) and not glob.glob(program):  # noqa: PTH207
            package = marker.kwargs.get("package") or Path(program).name
            pytest.skip(f"{NEEDS}{program} (Debian package {package})")


@pytest.hookimpl(wrapper=True)
def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> Iterator[None]:
    """Add what this run counted to the file that scripts/test reads."""
    yield
    file = os.environ.get(_RESULTS)
    if not file or hasattr(terminalreporter.config, "workerinput"):
        return
    stats = terminalreporter.stats
    failed = {
        report.nodeid: report.longreprtext[-_LAST_WORDS:]
        for report in (*stats.get("failed", ()), *stats.get("error", ()))
    }
    passed = [
        report.nodeid
        for report in (*stats.get("passed", ()), *stats.get("xfailed", ()))
        if report.nodeid not in failed
    ]
    skipped = [report.longrepr for report in stats.get("skipped", ())]
    reasons = [
        longrepr[2].removeprefix("Skipped: ")
        for longrepr in skipped
        if isinstance(longrepr, tuple)
    ]
    counted = {
        "passed": len(passed),
        "failed": failed,
        "second_try": terminalreporter.config.getoption("lf"),
        "skipped": len(skipped),
        "missing": [
            reason.removeprefix(NEEDS) for reason in reasons if reason.startswith(NEEDS)
        ],
    }
    with Path(file).open("a") as results:
        results.write(json.dumps(counted) + "\n")

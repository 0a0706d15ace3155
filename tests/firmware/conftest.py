"""Make the firmware's package importable, and nothing else of its folder.

`firmware/` itself must not be on `sys.path`: its `code.py` would hide the standard library's.
"""

import importlib.util
from pathlib import Path
import sys

import pytest

FIRMWARE = Path(__file__).parents[2] / "firmware"


def _load_package() -> None:
    package = FIRMWARE / "kickwatt"
    spec = importlib.util.spec_from_file_location(
        "kickwatt", package / "__init__.py", submodule_search_locations=[str(package)]
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["kickwatt"] = module
    spec.loader.exec_module(module)


_load_package()

from tests.firmware.fakes import Time  # noqa: E402


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """A clock that only the test moves."""
    from kickwatt import clock

    fake = Time()
    monkeypatch.setattr(clock, "now_ms", lambda: fake.ms)
    monkeypatch.setattr(clock, "sleep_ms", fake.pass_ms)
    return fake

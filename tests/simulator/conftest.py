"""A board with a few lines of firmware, for the tests of the simulated CircuitPython."""

from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from kickwatt_sim import Device, World

type Run = Callable[..., Device]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Return what runs `code` as code.py (and further files) for some seconds of a virtual world."""
    devices = []

    def run_code(
        code: str,
        *,
        seconds: float = 10.0,
        settings: dict[str, str | int] | None = None,
        files: dict[str, str] | None = None,
        **options: object,
    ) -> Device:
        drive = tmp_path / f"drive{len(devices)}"
        for name, text in {"code.py": code, **(files or {})}.items():
            file = drive / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(dedent(text))
        device = Device(settings or {}, firmware=drive, **{"world": World(), **options})
        devices.append(device)
        device.run_for(seconds)
        return device

    yield run_code
    for device in devices:
        device.close()

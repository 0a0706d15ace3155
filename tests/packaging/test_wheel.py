"""The wheel carries the hub, the simulator and the firmware, and nothing else."""

from pathlib import Path
import shutil
import subprocess
import sys
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """Build from a copy, where a board's secrets and leftovers of Python can lie."""
    copy = tmp_path_factory.mktemp("copy")
    for name in ("pyproject.toml", "README.md", "LICENSE", ".gitignore"):
        shutil.copy(ROOT / name, copy)
    for name in ("addon", "simulator", "firmware"):
        shutil.copytree(
            ROOT / name, copy / name, ignore=shutil.ignore_patterns("node_modules")
        )
    (copy / "firmware" / "settings.toml").write_text('KICKWATT_KEY = "secret"')
    (copy / "firmware" / "__pycache__").mkdir(exist_ok=True)
    (copy / "firmware" / "__pycache__" / "code.cpython-314.pyc").touch()

    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"],
        cwd=copy,
        check=True,
        capture_output=True,
        text=True,
    )
    (wheel,) = (copy / "dist").glob("kickwatt-*.whl")
    return set(ZipFile(wheel).namelist())


def test_it_carries_the_built_page(names: set[str]) -> None:
    assert "kickwatt_hub/page/index.html" in names
    assert any(
        name.startswith("kickwatt_hub/page/assets/") and name.endswith(".js.br")
        for name in names
    )


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ("addon/kickwatt_hub", "kickwatt_hub"),
        ("simulator/kickwatt_sim", "kickwatt_sim"),
        ("firmware", "kickwatt_sim/firmware"),
    ],
)
def test_it_carries_every_tracked_file_of_a_part(
    names: set[str], source: str, inside: str
) -> None:
    tracked = subprocess.run(
        ["git", "ls-files", source],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    if not tracked:
        pytest.skip(f"{source} is empty")
    wanted = {
        f"{inside}/{Path(file).relative_to(source)}"
        for file in tracked
        if (ROOT / file).exists()
    }
    assert wanted <= names


def test_it_carries_nothing_else(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} <= {
        "kickwatt_hub",
        "kickwatt_sim",
    }


def test_it_carries_no_secrets_and_no_leftovers(names: set[str]) -> None:
    assert not [name for name in names if name.endswith((".pyc", "settings.toml"))]


def test_it_has_both_commands() -> None:
    from importlib.metadata import distribution

    found = distribution("kickwatt").entry_points.select(group="console_scripts")
    assert {entry.name: entry.value for entry in found} == {
        "kickwatt-hub": "kickwatt_hub.__main__:main",
        "kickwatt-sim": "kickwatt_sim.__main__:main",
    }

"""One version number, wherever it is written."""

import json
from pathlib import Path
import re
import shutil
import subprocess
import sys
import tomllib

import pytest

ROOT = Path(__file__).parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]


def in_manifest(text: str) -> str:
    return str(json.loads(text)["version"])


def first(pattern: str):
    def find(text: str) -> str | None:
        match = re.search(pattern, text, re.MULTILINE)
        return match and match[1]

    return find


IN_CHANGELOG = first(r"^## \[?v?(\d[^\]\s]*)")
CHANGELOGS = ("CHANGELOG.md", "addon/CHANGELOG.md")


@pytest.mark.parametrize(
    ("file", "version_in"),
    [
        ("custom_components/kickwatt/manifest.json", in_manifest),
        ("addon/config.yaml", first(r"^version:\s*[\"']?([^\"'\s]+)")),
        ("CHANGELOG.md", IN_CHANGELOG),
        ("addon/CHANGELOG.md", IN_CHANGELOG),
        ("firmware/kickwatt/__init__.py", first(r"^__version__ = [\"'](.+)[\"']")),
        ("addon/kickwatt_hub/__init__.py", first(r"^__version__ = [\"'](.+)[\"']")),
    ],
)
def test_the_version_is_the_same_everywhere(file: str, version_in) -> None:
    assert version_in((ROOT / file).read_text()) == VERSION


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return the files that say the version, in a folder of their own."""
    files = (
        "pyproject.toml",
        "custom_components/kickwatt/manifest.json",
        "addon/config.yaml",
        "addon/kickwatt_hub/__init__.py",
        "firmware/kickwatt/__init__.py",
        *CHANGELOGS,
        "scripts/version",
    )
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def stamp(copy: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, copy / "scripts/version", *words],
        check=False,
        capture_output=True,
        text=True,
    )


def test_a_release_writes_its_version_everywhere_and_nothing_else(copy: Path) -> None:
    before = {path: path.read_text() for path in copy.rglob("*") if path.is_file()}
    for changelog in (copy / name for name in CHANGELOGS):
        before[changelog] = before[changelog].replace(
            "## 0", "## 9.8.7\n\n- New.\n\n## 0", 1
        )
        changelog.write_text(before[changelog])
    assert stamp(copy, "9.8.7").returncode == 0
    changed = {
        path.relative_to(copy).as_posix(): path.read_text()
        for path in before
        if path.read_text() != before[path]
    }
    assert len(changed) == 5
    for file, text in changed.items():
        assert text.replace("9.8.7", VERSION) == before[copy / file]
    assert stamp(copy).stdout == "9.8.7\n"


@pytest.mark.parametrize(
    ("version", "says"), [("1.2", "is no version"), ("9.8.7", "has no part '## 9.8.7'")]
)
def test_a_version_that_cannot_be_released_changes_nothing(
    copy: Path, version: str, says: str
) -> None:
    before = {path: path.read_text() for path in copy.rglob("*") if path.is_file()}
    refused = stamp(copy, version)
    assert refused.returncode == 1
    assert says in refused.stderr
    assert {path: path.read_text() for path in before} == before

"""One version number, wherever it is written."""

import json
from pathlib import Path
import re
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


@pytest.mark.parametrize(
    ("file", "version_in"),
    [
        ("custom_components/kickwatt/manifest.json", in_manifest),
        ("addon/config.yaml", first(r"^version:\s*[\"']?([^\"'\s]+)")),
        ("CHANGELOG.md", first(r"^## \[?v?(\d[^\]\s]*)")),
        ("firmware/kickwatt/__init__.py", first(r"^__version__ = [\"'](.+)[\"']")),
        ("addon/kickwatt_hub/__init__.py", first(r"^__version__ = [\"'](.+)[\"']")),
    ],
)
def test_the_version_is_the_same_everywhere(file: str, version_in) -> None:
    if not (ROOT / file).exists():
        pytest.skip(f"{file} is not written yet")
    found = version_in((ROOT / file).read_text())
    if file.startswith("addon/kickwatt_hub") and found is None:
        pytest.skip("the hub asks its package's metadata")
    assert found == VERSION

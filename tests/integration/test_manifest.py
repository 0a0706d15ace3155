"""What the manifest checker of Home Assistant and HACS would say; both run only as containers or on GitHub."""

import json
from pathlib import Path
from typing import Any

from homeassistant.const import __version__
from homeassistant.loader import Manifest
from packaging.version import Version
from PIL import Image
import pytest

ROOT = Path(__file__).parents[2]
INTEGRATION = ROOT / "custom_components" / "kickwatt"

MANIFEST: dict[str, Any] = json.loads((INTEGRATION / "manifest.json").read_text())
HACS: dict[str, Any] = json.loads((ROOT / "hacs.json").read_text())

# hassfest's closed schema for custom integrations, as far as a hub without a library can use it.
REQUIRED_KEYS = {
    "codeowners",
    "documentation",
    "domain",
    "integration_type",
    "iot_class",
    "issue_tracker",
    "name",
    "requirements",
    "version",
}
OPTIONAL_KEYS = {
    "after_dependencies",
    "categories",
    "config_flow",
    "connectivity",
    "dependencies",
    "loggers",
    "zeroconf",
}


def test_the_manifest_has_the_keys_it_may_have() -> None:
    assert set(MANIFEST) >= REQUIRED_KEYS
    assert set(MANIFEST) <= REQUIRED_KEYS | OPTIONAL_KEYS
    # Home Assistant 2026.10 ignores the two that only 2026.11 knows.
    assert set(MANIFEST) - {"categories", "connectivity"} <= set(
        Manifest.__annotations__
    )


def test_the_manifest_is_sorted() -> None:
    keys = list(MANIFEST)
    assert keys == ["domain", "name", *sorted(keys[2:])]


def test_the_manifest_says_what_the_integration_is() -> None:
    assert MANIFEST["domain"] == INTEGRATION.name == "kickwatt"
    assert MANIFEST["integration_type"] == "hub"
    assert MANIFEST["iot_class"] == "local_push"
    assert MANIFEST["config_flow"] is True
    assert MANIFEST["requirements"] == []
    assert MANIFEST["zeroconf"] == ["_kickwatt._tcp.local."]
    assert all(owner.startswith("@") for owner in MANIFEST["codeowners"])
    assert Version(MANIFEST["version"])


@pytest.mark.parametrize("key", ["documentation", "issue_tracker"])
def test_the_manifest_links_to_our_own_pages(key: str) -> None:
    assert MANIFEST[key].startswith("https://github.com/kickwatt/kickwatt")


def test_there_is_one_integration_for_hacs() -> None:
    folders = [
        folder.parent.name for folder in ROOT.glob("custom_components/*/manifest.json")
    ]
    assert folders == ["kickwatt"]
    assert set(HACS) == {"name", "hide_default_branch", "homeassistant"}
    assert HACS["name"] == MANIFEST["name"]


def test_home_assistant_is_new_enough_for_what_we_say() -> None:
    assert Version(__version__) >= Version(HACS["homeassistant"])


def test_nothing_is_translated_by_reference() -> None:
    # Core's build resolves strings.json and [%key:…%]; nobody does it for us.
    assert not (INTEGRATION / "strings.json").exists()
    for file in (INTEGRATION / "translations").iterdir():
        assert "[%key:" not in file.read_text()


@pytest.mark.parametrize("dark", ["", "dark_"])
@pytest.mark.parametrize(("resolution", "height"), [("", 256), ("@2x", 512)])
def test_brand_images_have_the_sizes_that_are_asked_for(
    dark: str, resolution: str, height: int
) -> None:
    icon = Image.open(INTEGRATION / "brand" / f"{dark}icon{resolution}.png")
    assert icon.size == (height, height)
    logo = Image.open(INTEGRATION / "brand" / f"{dark}logo{resolution}.png")
    assert logo.height == height
    assert logo.width > 2 * height
    for image in (icon, logo):
        assert image.format == "PNG"
        assert image.getpixel((0, 0)) == (0, 0, 0, 0)

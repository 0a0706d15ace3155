"""The app keeps the rules of Home Assistant's Supervisor and of the app linter, and says nothing twice.

The rules are those of `supervisor.apps.validate.SCHEMA_APP_CONFIG` and of frenck/action-addon-linter, which need the
network; here is what they ask of the keys that we use. A key that is new here needs its rule here.
"""

import json
from pathlib import Path
import re
import subprocess
import tomllib
from typing import Any

import jsonschema
from PIL import Image
import pytest
import yaml

ROOT = Path(__file__).parents[2]
APP = ROOT / "addon"
CONFIG: dict[str, Any] = yaml.safe_load((APP / "config.yaml").read_text())
LANGUAGES = ("de", "en", "hi", "it", "pl", "ro")
SERVICES = APP / "rootfs/etc/s6-overlay/s6-rc.d"

VERSION = r"^\d+\.\d+\.\d+$"
OPTION = r"^(str|bool|int|float|email|url|password|port|device|match\(.+\)|list\(.+\))(\(.*\))?\??$"
RULES = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "version", "slug", "description", "arch"],
    "properties": {
        "name": {"type": "string"},
        "version": {"type": "string", "pattern": VERSION},
        "slug": {"type": "string", "pattern": r"^[-_.A-Za-z0-9]+$"},
        "description": {"type": "string"},
        "url": {"type": "string", "pattern": "^https://"},
        "arch": {
            "type": "array",
            "items": {"enum": ["aarch64", "amd64"]},
            "uniqueItems": True,
        },
        "homeassistant": {"type": "string", "pattern": VERSION},
        # The linter refuses a key that says what is the default anyway.
        "startup": {"enum": ["initialize", "system", "services", "once"]},
        "init": {"const": False},
        "image": {"type": "string", "pattern": r"^[a-z0-9./-]+$"},
        "ingress": {"const": True},
        # Not 8099, which is the default.
        "ingress_port": {"const": 8421},
        "panel_icon": {"type": "string", "pattern": "^mdi:[a-z-]+$"},
        "ports": {
            "type": "object",
            "patternProperties": {
                r"^\d+/(tcp|udp)$": {"type": ["integer", "null"]},
            },
            "additionalProperties": False,
        },
        "discovery": {"type": "array", "items": {"type": "string"}},
        "backup": {"const": "cold"},
        "options": {"type": "object"},
        "schema": {
            "type": "object",
            "additionalProperties": {"type": "string", "pattern": OPTION},
        },
    },
}


def pins(lock: Path) -> set[str]:
    return set(
        re.findall(r"^([A-Za-z0-9_.\[\]-]+==\S+)", lock.read_text(), re.MULTILINE)
    )


def test_its_configuration_keeps_the_rules() -> None:
    jsonschema.validate(CONFIG, RULES)


def test_its_discovery_service_is_the_integration() -> None:
    (domain,) = (path.name for path in (ROOT / "custom_components").glob("[!_]*"))
    assert CONFIG["discovery"] == [domain]
    assert CONFIG["slug"] == domain


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_option_and_port_is_explained(language: str) -> None:
    texts = yaml.safe_load((APP / f"translations/{language}.yaml").read_text())
    english = yaml.safe_load((APP / "translations/en.yaml").read_text())
    assert CONFIG["options"].keys() <= CONFIG["schema"].keys()
    assert texts["configuration"].keys() == CONFIG["schema"].keys()
    assert texts["network"].keys() == CONFIG["ports"].keys()
    for option, text in texts["configuration"].items():
        assert text.keys() == {"name", "description"}
        same = text["description"] == english["configuration"][option]["description"]
        assert same == (language == "en"), option


def test_the_ports_are_the_ones_that_it_starts_the_hub_on() -> None:
    run = (SERVICES / "kickwatt/run").read_text()
    assert "--port 8421 " in run
    assert "--device-port 8422" in run
    assert CONFIG["ports"] == {"8422/tcp": 8422}
    assert CONFIG["ingress_port"] == 8421
    assert "http://127.0.0.1:8421/healthz" in (APP / "Dockerfile").read_text()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that the image is built in."""
    target = tmp_path_factory.mktemp("app") / "kickwatt"
    subprocess.run([ROOT / "scripts/app", target], check=True, capture_output=True)
    return target


def test_everything_that_its_image_copies_lies_in_its_folder(folder: Path) -> None:
    dockerfile = (folder / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (\S+) ", dockerfile, re.MULTILINE)
    assert "kickwatt-*.whl" in copied
    assert [name for name in copied if not list(folder.glob(name))] == []


def test_its_folder_holds_nothing_that_the_wheel_holds(folder: Path) -> None:
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {
        "rootfs",
        "translations",
    }


def test_a_folder_of_ones_own_is_built_where_it_lies(folder: Path) -> None:
    config = yaml.safe_load((folder / "config.yaml").read_text())
    assert config == {key: CONFIG[key] for key in CONFIG if key != "image"}


def test_a_folder_that_is_there_is_left_alone(folder: Path) -> None:
    again = subprocess.run(
        [ROOT / "scripts/app", folder], check=False, capture_output=True, text=True
    )
    assert again.returncode == 2
    assert "is there already" in again.stderr


def test_its_image_installs_the_versions_that_are_tested() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[>=<]", line)[0].lower() for line in project["dependencies"]}
    locked = pins(APP / "requirements.txt")
    assert wanted <= {pin.partition("==")[0] for pin in locked}
    assert locked <= pins(ROOT / "requirements/main.txt")


@pytest.mark.parametrize("script", ["kickwatt/run", "kickwatt/finish", "simulator/run"])
def test_its_services_can_be_run(script: str) -> None:
    file = SERVICES / script
    assert file.stat().st_mode & 0o111 == 0o111
    assert file.read_text().startswith("#!/command/with-contenv bashio\n")


@pytest.mark.parametrize(
    ("service", "after"), [("kickwatt", "base"), ("simulator", "kickwatt")]
)
def test_its_services_are_started(service: str, after: str) -> None:
    assert (SERVICES / service / "type").read_text() == "longrun\n"
    assert (SERVICES / service / "dependencies.d" / after).exists()
    assert (SERVICES / "user/contents.d" / service).exists()


def test_its_images_have_the_sizes_that_the_store_shows() -> None:
    assert Image.open(APP / "icon.png").size == (128, 128)
    assert Image.open(APP / "logo.png").size == (250, 100)


def test_the_repository_can_be_added_to_home_assistant() -> None:
    repository = yaml.safe_load((ROOT / "repository.yaml").read_text())
    assert repository["name"] == "Kickwatt"
    assert repository.keys() <= {"name", "url", "maintainer"}


def test_app_repository_and_integration_name_the_same_address() -> None:
    manifest = json.loads(
        (ROOT / "custom_components/kickwatt/manifest.json").read_text()
    )
    repository = yaml.safe_load((ROOT / "repository.yaml").read_text())
    assert CONFIG["url"] == repository["url"] == manifest["documentation"]

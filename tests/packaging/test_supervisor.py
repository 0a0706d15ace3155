"""The Supervisor's own validators take the app.

They are no package. Whoever has a checkout of the Supervisor, with its requirements in the environment, names it in
KICKWATT_SUPERVISOR; the workflow `validate.yaml` does.
"""

import importlib
import os
from pathlib import Path
import sys
from typing import Any

import pytest
import yaml

SOURCE = os.environ.get("KICKWATT_SUPERVISOR")
ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(
    SOURCE is None, reason="KICKWATT_SUPERVISOR names no checkout of the Supervisor"
)


@pytest.fixture
def validators(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The Supervisor's module."""
    monkeypatch.setattr(sys, "path", [str(SOURCE), *sys.path])
    return importlib.import_module("supervisor.apps.validate")


def test_the_configuration_is_taken(
    validators: Any, caplog: pytest.LogCaptureFixture
) -> None:
    given = yaml.safe_load((ROOT / "addon/config.yaml").read_text())
    taken = validators.SCHEMA_APP_CONFIG(dict(given))
    assert {name: taken[name] for name in ("slug", "version", "ingress_port")} == {
        name: given[name] for name in ("slug", "version", "ingress_port")
    }
    assert [each.message for each in caplog.records] == []


@pytest.mark.parametrize(
    "file", sorted((ROOT / "addon/translations").glob("*.yaml")), ids=lambda it: it.stem
)
def test_the_translations_are_taken(validators: Any, file: Path) -> None:
    given = yaml.safe_load(file.read_text())
    assert validators.SCHEMA_APP_TRANSLATIONS(given) == given


def test_the_repository_is_taken(validators: Any) -> None:
    store = importlib.import_module("supervisor.store.validate")
    given = yaml.safe_load((ROOT / "repository.yaml").read_text())
    assert store.SCHEMA_REPOSITORY_CONFIG(given) == given

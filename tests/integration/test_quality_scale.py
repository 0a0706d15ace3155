"""Every rule of the integration quality scale is answered, and an exemption says why."""

from pathlib import Path

import yaml

SCALE = (
    Path(__file__).parents[2] / "custom_components" / "kickwatt" / "quality_scale.yaml"
)

# https://developers.home-assistant.io/docs/core/integration-quality-scale/rules, as of 2026.11.
RULES = [
    "action-setup",
    "appropriate-polling",
    "brands",
    "common-modules",
    "config-flow",
    "config-flow-test-coverage",
    "dependency-transparency",
    "docs-actions",
    "docs-conditions",
    "docs-high-level-description",
    "docs-installation-instructions",
    "docs-removal-instructions",
    "docs-triggers",
    "entity-event-setup",
    "entity-unique-id",
    "has-entity-name",
    "runtime-data",
    "test-before-configure",
    "test-before-setup",
    "unique-config-entry",
    "action-exceptions",
    "config-entry-unloading",
    "docs-configuration-parameters",
    "docs-installation-parameters",
    "entity-unavailable",
    "integration-owner",
    "log-when-unavailable",
    "parallel-updates",
    "reauthentication-flow",
    "test-coverage",
    "devices",
    "diagnostics",
    "discovery",
    "discovery-update-info",
    "docs-data-update",
    "docs-examples",
    "docs-known-limitations",
    "docs-supported-devices",
    "docs-supported-functions",
    "docs-troubleshooting",
    "docs-use-cases",
    "dynamic-devices",
    "entity-category",
    "entity-device-class",
    "entity-disabled-by-default",
    "entity-translations",
    "exception-translations",
    "icon-translations",
    "reconfiguration-flow",
    "repair-issues",
    "stale-devices",
    "async-dependency",
    "inject-websession",
    "strict-typing",
]


def test_the_quality_scale_answers_every_rule() -> None:
    scale = yaml.safe_load(SCALE.read_text())["rules"]
    assert len(RULES) == 54
    assert sorted(scale) == sorted(RULES)
    for rule, answer in scale.items():
        if answer != "done":
            assert answer["status"] in ("exempt", "todo"), rule
            assert len(answer["comment"]) > 20, rule

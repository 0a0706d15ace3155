"""The workflows call what is there, with no more rights than they need."""

from pathlib import Path
import re

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_says_its_rights_and_calls_what_is_there(path: Path) -> None:
    text = path.read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"].get("contents") in ("read", "write")
    called = re.findall(
        r"(?<![\w/])((?:scripts|\.ci|\.github/workflows)/[\w.-]+)", text
    )
    assert [name for name in called if not (ROOT / name).exists()] == []
    for job in workflow["jobs"].values():
        assert "uses" in job or job["steps"]
        for need in [job["needs"]] if "needs" in job else []:
            assert need in workflow["jobs"]

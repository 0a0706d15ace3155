"""docs/safety.md says which test shows what; each of them is there."""

import ast
from functools import cache
from pathlib import Path
import re

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "safety.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


@cache
def _defined(file: str) -> set[str]:
    """Return the tests of a file; hypothesis's state machines are tests by assignment."""
    found = set()
    for node in ast.parse((ROOT / file).read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found.add(node.name)
            case ast.Assign(targets=[ast.Name(id=name)]):
                found.add(name)
    return found


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert name.lower().startswith("test")
    assert name in _defined(file)


def test_nothing_is_claimed_without_a_test() -> None:
    """Each line of each table, and each of the six things."""
    rows = [line for line in PAGE.splitlines() if re.match(r"\| [^-|]", line)]
    claims = [row for row in rows if not row.startswith("| fault |")]
    assert len(claims) > 30
    assert [row for row in claims if "`tests/" not in row] == []
    parts = re.split(r"^### \d\. ", PAGE, flags=re.MULTILINE)[1:]
    assert len(parts) == 6
    assert all("`tests/" in part for part in parts)

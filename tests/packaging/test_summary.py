"""What scripts/test says at its end."""

import json
from pathlib import Path
import subprocess
import sys
from typing import Any

ROOT = Path(__file__).parents[2]


def _run(passed: int = 0, second_try: bool = False, **failed: str) -> dict[str, Any]:
    return {
        "passed": passed,
        "failed": failed,
        "second_try": second_try,
        "skipped": 0,
        "missing": [],
    }


def _sum_up(tmp_path: Path, *runs: dict[str, Any]) -> tuple[int, str]:
    results = tmp_path / "results"
    results.write_text("".join(json.dumps(run) + "\n" for run in runs))
    summary = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "test_summary.py"), str(results), "0"],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    return summary.returncode, summary.stdout


def test_what_fails_twice_has_failed_and_says_how_at_the_end(tmp_path: Path) -> None:
    code, said = _sum_up(
        tmp_path,
        _run(7, other="unlucky"),
        _run(1, second_try=True),
        _run(3, ends="first words", late="elsewhere"),
        _run(1, second_try=True, ends="last words"),
        _run(5),
    )
    assert code == 1
    assert "FAILED ends\nlast words" in said
    assert "first words" not in said
    assert said.endswith("\n17 passed, 1 failed\n")


def test_what_passes_at_the_second_try_is_named_and_does_not_fail(
    tmp_path: Path,
) -> None:
    code, said = _sum_up(
        tmp_path, _run(7, late="timed out"), _run(1, second_try=True), _run(2)
    )
    assert code == 0
    assert "late\ntimed out" in said
    assert said.endswith("\n10 passed, 0 failed\n")

"""What a demo or a test run has lying about: its own while it runs, nobody's once it was killed."""

from collections.abc import Callable, Iterator
from pathlib import Path
import subprocess
import sys
import tempfile

from kickwatt_demo import scratch
import pytest

PREFIX = "kickwatt-try-"
HOLD = f"""
from kickwatt_demo.scratch import scratch
with scratch({PREFIX!r}) as folder:
    (folder / "data").mkdir()
    print(folder, flush=True)
    input()
"""

type Hold = Callable[[], tuple[subprocess.Popen[str], Path]]


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the temporary folder be this test's own."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)


@pytest.fixture
def hold() -> Iterator[Hold]:
    """Return what starts a process that has a folder until it is told to go on."""
    started = []

    def hold() -> tuple[subprocess.Popen[str], Path]:
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(scratch.__file__).parents[1],
        )
        started.append(process)
        assert process.stdout is not None
        return process, Path(process.stdout.readline().strip())

    yield hold
    for process in started:
        process.kill()
        process.communicate()


def test_it_is_gone_when_its_process_ends(hold: Hold) -> None:
    process, folder = hold()
    assert (folder / "data").is_dir()
    process.communicate("\n", timeout=30)
    assert process.returncode == 0
    assert not folder.exists()


def test_what_a_killed_process_left_is_removed_when_the_next_one_begins(
    hold: Hold,
) -> None:
    process, left = hold()
    process.kill()
    process.communicate(timeout=30)
    assert (left / "data").is_dir()
    with scratch.scratch("kickwatt-other-"):
        assert left.exists()
    with scratch.scratch(PREFIX):
        assert not left.exists()


def test_what_belongs_to_somebody_stays(hold: Hold, tmp_path: Path) -> None:
    """Another one that runs, one that is to be looked into, and a folder of which nobody says whose it is."""
    _, running = hold()
    strangers = tmp_path / f"{PREFIX}strangers"
    strangers.mkdir()
    with scratch.scratch(PREFIX) as kept:
        scratch.keep(kept)
    with scratch.scratch(PREFIX):
        assert all(each.is_dir() for each in (running / "data", strangers, kept))

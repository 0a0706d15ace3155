"""Programs and packages that only the benchmarks need: fetched when first asked for, kept in .cache/benchmarks.

Debian's are unpacked, not installed: nothing is started, nothing of the system changes, and no root is needed.
"""

from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import shutil
import subprocess
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".cache" / "benchmarks"
PACKAGES = ("wrk", "influxdb", "libluajit-5.1-2", "libluajit-5.1-common")


class MissingError(Exception):
    """A program could not be had; the text says which, and what would help."""


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder for the time of one benchmark, on the disk of this checkout: /tmp may be none."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=CACHE) as name:
        yield Path(name)


def debian(program: str) -> tuple[Path, dict[str, str]]:
    """Return a program of Debian's and the environment in which it runs. Raises MissingError."""
    installed = shutil.which(program)
    if installed is not None:
        return Path(installed), dict(os.environ)
    unpacked = CACHE / "debian"
    if not (unpacked / "usr" / "bin" / program).exists():
        _unpack(unpacked)
    libraries = ":".join(str(path) for path in unpacked.glob("usr/lib/*-linux-gnu*"))
    return unpacked / "usr" / "bin" / program, {
        **os.environ,
        "LD_LIBRARY_PATH": libraries,
    }


def peers() -> Path:
    """Return the Python that has the peers' packages, as locked in requirements/benchmarks.txt."""
    environment, lock = CACHE / "peers", ROOT / "requirements" / "benchmarks.txt"
    mark = environment / ".locked"
    if not mark.exists() or mark.read_text() != lock.read_text():
        uv = str(ROOT / "scripts" / "uv")
        _run(
            [
                uv,
                "venv",
                "--clear",
                "--no-project",
                "--python",
                _base_python(),
                environment,
            ]
        )
        python = environment / "bin" / "python"
        _run([uv, "pip", "sync", "--require-hashes", "--python", python, lock])
        mark.write_text(lock.read_text())
    return environment / "bin" / "python"


def _base_python() -> str:
    return subprocess.run(
        [ROOT / "scripts" / "get-python"], check=True, capture_output=True, text=True
    ).stdout.strip()


def _unpack(folder: Path) -> None:
    downloads = CACHE / "downloads"
    downloads.mkdir(parents=True, exist_ok=True)
    if shutil.which("apt-get") is None:
        raise MissingError(
            "wrk and influxd are needed: install them, as this is not Debian."
        )
    _run(["apt-get", "download", *PACKAGES], downloads)
    for package in downloads.glob("*.deb"):
        _run(["dpkg", "-x", package, folder])


def _run(command: list[str | Path], folder: Path = ROOT) -> None:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise MissingError(f"{command[0]} failed: {done.stderr.strip()}")

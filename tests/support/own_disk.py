"""A small disk of its own, which can become full or read-only: a tmpfs in a mount namespace that nobody else sees."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
import subprocess


class OwnDisk:
    """A disk at `path`. Only what runs `through` it sees it."""

    def __init__(self, path: Path, pid: int) -> None:
        """`pid` holds the namespace."""
        self.path = path
        self.through = ("nsenter", f"--mount=/proc/{pid}/ns/mnt")

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command that sees the disk."""
        return subprocess.run(
            [*self.through, *command], capture_output=True, text=True, check=False
        )

    def fill(self) -> None:
        """Leave not a byte."""
        done = self.run("dd", "if=/dev/zero", f"of={self.path}/fill", "bs=4096")
        assert "No space left on device" in done.stderr

    def make_room(self) -> None:
        """Delete what filled it."""
        self.run("rm", f"{self.path}/fill")

    def read_only(self) -> None:
        """Take no writes any more."""
        self._remount("ro")

    def writable(self) -> None:
        """Take writes again."""
        self._remount("rw")

    def _remount(self, option: str) -> None:
        # MS_BIND: files that are open for writing would keep the whole file system from becoming read-only.
        done = self.run("mount", "-o", f"remount,{option},bind", str(self.path))
        assert done.returncode == 0, done.stderr


@contextmanager
def own_disk(path: Path, size: str = "16m") -> Iterator[OwnDisk | None]:
    """Mount it; None where that is not allowed (it takes root, and a container that lets root mount)."""
    path.mkdir()
    holder = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", "echo; cat"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        disk = OwnDisk(path, holder.pid) if holder.stdout.readline() else None
        if (
            disk
            and disk.run(
                "mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path)
            ).returncode
        ):
            disk = None
        yield disk
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()

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
    with _namespace(path) as pid:
        disk = None if pid is None else OwnDisk(path, pid)
        mount = ("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(path))
        if disk is not None and disk.run(*mount).returncode:
            disk = None
        yield disk


@contextmanager
def _namespace(path: Path) -> Iterator[int | None]:
    """Make a folder and a mount namespace, and yield a process that holds it; None where that is not allowed."""
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
        yield holder.pid if holder.stdout.readline() else None
    finally:
        holder.stdin.close()
        holder.wait()
        holder.stdout.close()


class FailingDisk(OwnDisk):
    """A disk whose file system finds an error and takes no more writes, as an SD card's does before it dies."""

    def __init__(self, path: Path, pid: int, image: Path) -> None:
        """`image` holds the file system."""
        super().__init__(path, pid)
        self._image = image

    def mount(self) -> bool:
        """Mount it; whether that is allowed."""
        done = self.run(
            *("mount", "-o", "loop,errors=remount-ro", str(self._image), str(self.path))
        )
        return done.returncode == 0

    def fail(self) -> None:
        """Let the file system find an error."""
        found = self.run("findmnt", "-n", "-o", "SOURCE", str(self.path))
        device = Path(found.stdout.strip()).name
        Path(f"/sys/fs/ext4/{device}/trigger_fs_error").write_text("1")

    def repair(self) -> None:
        """Do what the owner does: unmount, repair, mount. Nothing may have files open on it."""
        assert self.run("umount", str(self.path)).returncode == 0
        # 1: errors were found and corrected.
        assert self.run("e2fsck", "-p", str(self._image)).returncode in (0, 1)
        assert self.mount()


@contextmanager
def failing_disk(path: Path) -> Iterator[FailingDisk | None]:
    """Make and mount one; None where that is not allowed."""
    image = path.with_suffix(".img")
    with image.open("wb") as file:
        file.truncate(48 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    with _namespace(path) as pid:
        disk = None if pid is None else FailingDisk(path, pid, image)
        if disk is not None and not disk.mount():
            disk = None
        yield disk
        if disk is not None:
            disk.run("umount", str(path))

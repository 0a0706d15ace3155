"""A folder for as long as a process runs; what a killed one leaves behind is removed when the next one begins."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
import fcntl
from pathlib import Path
import shutil
import tempfile
from typing import Final, TextIO

_OWNED: Final = "owned"  # locked by the process whose folder it is in; Linux unlocks it, however that process ends


@contextmanager
def scratch(prefix: str) -> Iterator[Path]:
    """Make a folder below the system's temporary one, after removing those of this prefix whose owner is gone."""
    sweep(prefix)
    folder = Path(tempfile.mkdtemp(prefix=prefix))
    with (folder / "new").open("w") as mark:
        fcntl.flock(mark, fcntl.LOCK_EX)
        (folder / "new").rename(folder / _OWNED)  # never to be seen unlocked
        try:
            yield folder
        finally:
            if (folder / _OWNED).exists():
                shutil.rmtree(folder, ignore_errors=True)


def keep(folder: Path) -> None:
    """Leave a folder of `scratch` where it is, also after its process: somebody wants to look into it."""
    (folder / _OWNED).unlink()


def sweep(prefix: str) -> None:
    """Remove what killed processes have left."""
    for mark in Path(tempfile.gettempdir()).glob(f"{prefix}*/{_OWNED}"):
        with suppress(OSError), mark.open() as owned:  # another's, or gone meanwhile
            if _is_nobodys(owned):
                shutil.rmtree(mark.parent, ignore_errors=True)


def _is_nobodys(owned: TextIO) -> bool:
    try:
        fcntl.flock(owned, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

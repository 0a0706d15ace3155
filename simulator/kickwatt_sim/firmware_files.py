"""Where the firmware's files are."""

from pathlib import Path

_HERE = Path(__file__).parent


def firmware_folder() -> Path:
    """Return the folder with `code.py`: the one in the installed package, else the repository's.

    Raises FileNotFoundError when there is neither.
    """
    for folder in (_HERE / "firmware", _HERE.parents[1] / "firmware"):
        if (folder / "code.py").exists():
            return folder
    raise FileNotFoundError("the firmware's files are missing; reinstall kickwatt")

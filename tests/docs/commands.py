"""The commands that the documentation tells its reader to type."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
import re
import shlex
from typing import Final

import click

ROOT: Final = Path(__file__).parents[2]
PAGES: Final = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "addon/DOCS.md")),
    ROOT / "simulator/README.md",
    *sorted((ROOT / "docs").glob("*.md")),
]
_FENCED: Final = re.compile(
    r"^ *```(?:console|sh|bash)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL
)
_INLINE: Final = re.compile(r"`((?:kickwatt-hub|kickwatt-sim|scripts/\w+)[^`]*)`")
_OURS: Final = re.compile(
    r"(?:^|\s)((?:kickwatt-hub|kickwatt-sim|scripts/|\.ci/|python -m benchmarks).*)"
)


@dataclass(frozen=True)
class Command:
    """What one types, and where that stands."""

    page: str
    line: str

    def __str__(self) -> str:
        """Name it in a test's id."""
        return f"{self.page}: {self.line}"

    @property
    def words(self) -> list[str]:
        """Its words as a shell splits them."""
        return shlex.split(self.line)

    @property
    def is_whole(self) -> bool:
        """Whether it can be typed as it stands, without something to fill in."""
        return not re.search(
            r"…|\.\.\.|[\[|<]|\$|\bFILE\b|\bDIR\b|\bNAME\b|[A-Z]{4,}", self.line
        )


def fenced() -> Iterator[Command]:
    """Find the commands in blocks of their own."""
    for page in PAGES:
        for block in _FENCED.findall(page.read_text()):
            for line in block.replace("\\\n", " ").splitlines():
                # What explains a command stands behind a # or a wide gap.
                typed = re.split(r"\s+#|\s{2,}(?!-)", line.strip().removeprefix("$ "))[
                    0
                ]
                if ours := _OURS.search(typed):
                    yield Command(page.relative_to(ROOT).as_posix(), ours[1])


def inline() -> Iterator[Command]:
    """Find the commands within sentences, of which some are only named."""
    for page in PAGES:
        for line in _INLINE.findall(page.read_text()):
            yield Command(page.relative_to(ROOT).as_posix(), line)


def resolve(
    program: click.Command, words: list[str]
) -> tuple[click.Command, list[str]]:
    """Follow a program's subcommands; return the last one, and what is left for it."""
    command, left = program, list(words)
    while isinstance(command, click.Group) and left:
        context = click.Context(command)
        named = command.get_command(context, left[0])
        usual = getattr(command, "usual", None)
        if named is not None:
            left.pop(0)
        elif usual is not None:
            named = command.get_command(context, usual)
        if named is None:
            break
        command = named
    return command, left

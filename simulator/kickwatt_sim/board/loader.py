"""Runs the firmware's files, unmodified, as CircuitPython would.

Each run gets fresh modules. An import finds the drive's own files first (`/`, then `/lib`), then the modules that the board's
CircuitPython has (package `circuitpython` of this simulator), and nothing else of the machine it really runs on. So only
the firmware sees the simulated `time`; nothing is put into `sys.modules`.
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from ..circuitpython import make_builtins, make_module

if TYPE_CHECKING:
    from .board import Board

_ROOTS = ("", "lib")


@cache
def _compiled(path: Path, _changed_ns: int) -> CodeType:
    return compile(path.read_bytes(), f"/{path.name}", "exec", dont_inherit=True)


class Loader:
    """The import system of one run of the firmware."""

    def __init__(self, board: Board) -> None:
        """Start with nothing imported."""
        self._board = board
        self._modules: dict[str, ModuleType] = {}
        self._builtins = make_builtins(board, self.import_)

    def run(self, name: str) -> None:
        """Run a file such as `code.py` as the main program."""
        main = ModuleType("__main__")
        self._fill(main, self._board.drive / name)

    def import_(
        self,
        name: str,
        importer: Mapping[str, Any] | None = None,
        _locals: Mapping[str, Any] | None = None,
        wanted: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """Do what an import statement asks for."""
        if level:
            name = self._absolute(name, importer or {}, level)
        module = self._load(name)
        if not wanted:
            return module if level else self._modules[name.partition(".")[0]]
        if hasattr(module, "__path__"):
            for attribute in wanted:
                if attribute != "*" and not hasattr(module, attribute):
                    self._load(f"{name}.{attribute}")
        return module

    @staticmethod
    def _absolute(name: str, importer: Mapping[str, Any], level: int) -> str:
        package = str(importer.get("__package__") or "").split(".")
        if level > len(package) or package == [""]:
            raise ImportError("can't perform relative import")
        base = package[: len(package) - level + 1]
        return ".".join([*base, name] if name else base)

    def _load(self, name: str) -> ModuleType:
        if name in self._modules:
            return self._modules[name]
        parent, _, last = name.rpartition(".")
        module: ModuleType | None
        if parent:
            package = self._load(parent)
            if hasattr(package, "__path__"):
                module = self._from_drive(name, Path(package.__path__[0]) / last)
            else:
                found = getattr(package, last, None)
                module = found if isinstance(found, ModuleType) else None
        else:
            module = next(
                (
                    found
                    for root in _ROOTS
                    if (found := self._from_drive(name, Path(root) / last))
                ),
                None,
            )
            module = module or make_module(self._board, name)
        if module is None:
            raise ImportError(f"no module named '{name}'")
        self._modules[name] = module
        if parent:
            setattr(self._modules[parent], last, module)
        return module

    def _from_drive(self, name: str, inside: Path) -> ModuleType | None:
        base = self._board.drive / inside
        module = ModuleType(name)
        if (base / "__init__.py").exists():
            file = base / "__init__.py"
            module.__path__ = [str(inside)]
            module.__package__ = name
        elif base.with_suffix(".py").exists():
            file = base.with_suffix(".py")
            module.__package__ = name.rpartition(".")[0]
        else:
            return None
        self._modules[name] = module
        try:
            self._fill(module, file)
        except BaseException:
            del self._modules[name]
            raise
        return module

    def _fill(self, module: ModuleType, file: Path) -> None:
        module.__file__ = f"/{file.relative_to(self._board.drive).as_posix()}"
        module.__dict__["__builtins__"] = self._builtins
        code = _compiled(file, file.stat().st_mtime_ns)
        # What the board runs is the firmware; running it is this module's purpose.
        exec(code.replace(co_filename=module.__file__), module.__dict__)  # noqa: S102

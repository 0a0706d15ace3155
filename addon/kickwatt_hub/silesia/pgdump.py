r"""A dump that `pg_dump` has written as text: its COPY blocks.

PostgreSQL's manual, COPY, "Text Format": one line a row, columns apart by tabs, `\\N` for null, backslashes before what is special.
"""

from collections.abc import Iterable, Iterator
import gzip
from pathlib import Path
import re
import zlib

from .estate import TABLES, EstateError, Row

_COPY = re.compile(
    r'COPY (?:"?[\w$]+"?\.)?"?(?P<table>[\w$]+)"? \((?P<columns>[^)]*)\) FROM stdin;\s*\Z'
)
_INSERT = re.compile(rf'INSERT INTO (?:"?[\w$]+"?\.)?"?(?:{"|".join(TABLES)})"? ')
_ESCAPED = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_LETTERS = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
CUSTOM = "PGDMP"
_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def read(path: Path) -> dict[str, list[Row]]:
    """Return the rows of a file, gzipped or not. Raises OSError and EstateError."""
    with path.open("rb") as file:
        begins = file.read(len(_GZIP))
        if begins in _UTF_16:
            raise EstateError(
                "This dump is UTF-16, as a shell on Windows writes it: make it with `pg_dump --file=dump.sql`."
            )
        file.seek(0)
        unpacked = gzip.open(file) if begins == _GZIP else file
        try:
            return parse(each.decode(errors="surrogateescape") for each in unpacked)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise EstateError("The gzipped dump is cut off or damaged.") from error


def parse(lines: Iterable[str]) -> dict[str, list[Row]]:
    """Return the rows of the tables that matter, all values as text or None. Raises EstateError."""
    found: dict[str, list[Row]] = {}
    iterator = iter(lines)
    for number, line in enumerate(iterator):
        if number == 0 and line.startswith(CUSTOM):
            raise EstateError(
                "This is a dump in PostgreSQL's own format: make it text with `pg_restore --file=dump.sql` and give that."
            )
        if _INSERT.match(line):
            raise EstateError(
                "This dump has INSERT instead of COPY: make it without --inserts."
            )
        copy = _COPY.match(line)
        if copy is None:
            continue
        columns = [each.strip().strip('"') for each in copy["columns"].split(",")]
        rows = _block(iterator, columns, copy["table"])
        if copy["table"] in TABLES:
            found[copy["table"]] = list(rows)
        else:
            for _ in rows:
                pass
    return found


def _block(lines: Iterator[str], columns: list[str], table: str) -> Iterator[Row]:
    for line in lines:
        text = line.rstrip("\r\n")
        if text == "\\.":
            return
        values = text.split("\t")
        if len(values) != len(columns):
            raise EstateError(
                f"The dump is damaged: a row of {table} has {len(values)} columns instead of {len(columns)}."
            )
        yield dict(zip(columns, map(_value, values), strict=True))
    raise EstateError(f"The dump is cut off in the middle of {table}.")


def _value(text: str) -> str | None:
    if text == r"\N":
        return None
    return _ESCAPED.sub(_unescape, text) if "\\" in text else text


def _unescape(found: re.Match[str]) -> str:
    code = found[1]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8))
    return _LETTERS.get(code, code)

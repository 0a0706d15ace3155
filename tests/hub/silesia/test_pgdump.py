"""The text of `pg_dump`: what PostgreSQL writes is read back as it was."""

import gzip
from pathlib import Path

from hypothesis import given, strategies as st
import pytest

from kickwatt_hub.silesia.estate import EstateError, from_tables
from kickwatt_hub.silesia.pgdump import parse, read

_SPECIAL = {"\\": r"\\", "\b": r"\b", "\f": r"\f", "\n": r"\n", "\r": r"\r", "\t": r"\t", "\v": r"\v"}  # fmt: skip


def _written(value: str | None) -> str:
    """Write a value as PostgreSQL's CopyAttributeOutText does."""
    if value is None:
        return r"\N"
    return "".join(_SPECIAL.get(letter, letter) for letter in value)


@given(
    rows=st.lists(
        st.tuples(*[st.none() | st.text(st.characters(exclude_characters="\x00"))] * 3)
    )
)
def test_every_text_comes_back_as_it_was(
    rows: list[tuple[str | None, str | None, str | None]],
) -> None:
    """Tabs, backslashes and line ends included; null is not the word for it."""
    dump = ['COPY public.management_meter (id, "name", type) FROM stdin;\n']
    dump += ["\t".join(_written(value) for value in row) + "\n" for row in rows]
    dump.append("\\.\n")
    found = parse(dump)["management_meter"]
    assert [tuple(row.values()) for row in found] == rows


def test_what_is_no_such_dump_is_refused_with_a_sentence() -> None:
    """And says how to get one."""
    head = "COPY public.management_meter (id, name, type) FROM stdin;\n"
    for dump, sentence in (
        (["PGDMP\x01"], "pg_restore"),
        (["INSERT INTO public.management_meter VALUES (1, 'a', 1);\n"], "--inserts"),
        ([head, "1\ta\t1\n"], "cut off"),
        ([head, "1\ta\n", "\\.\n"], "2 columns instead of 3"),
    ):
        with pytest.raises(EstateError, match=sentence):
            parse(dump)
    with pytest.raises(EstateError, match="no table accounts_user"):
        from_tables(parse(["-- a dump of something else\n"]))


def test_a_gzipped_dump_is_read_as_it_is(tmp_path: Path) -> None:
    """One that is cut off is refused with a sentence."""
    file = tmp_path / "dump.sql.gz"
    lines = "COPY public.management_meter (id, name) FROM stdin;\n1\tzoë\n\\.\n"
    packed = gzip.compress(lines.encode())
    file.write_bytes(packed)
    assert read(file) == {"management_meter": [{"id": "1", "name": "zoë"}]}
    for broken in (packed[:-12], packed[:12] + b"x" * 20):
        file.write_bytes(broken)
        with pytest.raises(EstateError, match="gzipped"):
            read(file)


def test_other_tables_are_passed_over() -> None:
    """Django has a dozen of its own."""
    dump = ["COPY public.django_session (a) FROM stdin;\n", "x\ty\n", "\\.\n"]
    with pytest.raises(EstateError, match="damaged"):
        parse(dump)
    dump[1] = "COPY is a word\n"
    assert parse(dump) == {}

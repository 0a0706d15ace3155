"""Every command of the documentation can be typed as it stands there, and those that end by themselves are."""

import os
from pathlib import Path
import re
import subprocess
import sys

import click
import pytest

from kickwatt_hub.__main__ import cli as hub
from kickwatt_sim.__main__ import commands as simulator

from .commands import ROOT, Command, fenced, inline, resolve

PROGRAMS: dict[str, click.Command] = {"kickwatt-hub": hub, "kickwatt-sim": simulator}
FENCED = list(dict.fromkeys(fenced()))
INLINE = list(dict.fromkeys(inline()))
# What goes on until Ctrl-C, or for minutes; each has tests of its own.
STAYS = {"serve", "relay"}
BIN = Path(sys.executable).parent


def runs(command: Command) -> bool:
    """Whether it is one of the hub's own that ends by itself, on what the reader has made before."""
    words = command.words
    return command.is_whole and words[0] == "kickwatt-hub" and words[1] not in STAYS


def test_there_are_commands() -> None:
    assert len(FENCED) > 30
    assert sum(map(runs, FENCED)) > 12


@pytest.mark.parametrize("command", FENCED, ids=str)
def test_a_command_is_one_that_its_program_takes(command: Command) -> None:
    program, *words = command.words
    if program in PROGRAMS:
        last, left = resolve(PROGRAMS[program], words)
        assert not isinstance(last, click.Group) or last.invoke_without_command
        known = {
            option
            for each in last.params
            for option in (*each.opts, *each.secondary_opts)
        }
        given = {
            re.split("=", word)[0] for word in left if re.match("-{1,2}[a-z]", word)
        }
        assert given <= known
    elif program == "python":
        assert words[:1] == ["-m"]
        assert (ROOT / words[1].replace(".", "/")).exists()
    else:
        assert os.access(ROOT / program, os.X_OK)


@pytest.mark.parametrize("command", INLINE, ids=str)
def test_a_command_that_is_named_exists(command: Command) -> None:
    program, *words = re.sub(r"[…\[\]|]", " ", command.line).split()
    if program not in PROGRAMS:
        assert os.access(ROOT / program, os.X_OK)
        return
    last, left = resolve(PROGRAMS[program], words)
    known = {
        option for each in last.params for option in (*each.opts, *each.secondary_opts)
    }
    assert {word for word in left if word.startswith("--")} <= known | {"--help"}
    if isinstance(last, click.Group) and last is PROGRAMS[program]:
        assert not [word for word in left[:1] if re.fullmatch("[a-z-]+", word)]


def test_the_hubs_commands_do_what_they_say_in_the_order_of_a_reader(
    tmp_path: Path,
) -> None:
    charge = "time,power_w\n" + "".join(
        f"{minute * 60},{power}\n"
        for minute, power in enumerate(
            [0.4] * 10 + [90] * 120 + [max(2, 90 - 3 * i) for i in range(60)] + [1] * 60
        )
    )
    for name in ("charge.csv", "yesterday.csv"):
        (tmp_path / name).write_text(charge)
    (tmp_path / "plug.csv").write_text(
        "Zeit,Leistung (W)\n2026-11-01 10:00:00,80\n2026-11-01 10:01:00,81\n"
    )
    tables = ("accounts_user", *(f"management_{each}" for each in ("location", "meter", "measurement", "register", "host")))  # fmt: skip
    (tmp_path / "dump.sql").write_text(
        "".join(f"COPY public.{each} (id) FROM stdin;\n\\.\n" for each in tables)
    )
    environment = {
        "PATH": f"{BIN}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "SUPERVISOR_TOKEN": "",
    }

    def type_in(*words: str, answer: str = "") -> None:
        done = subprocess.run(
            words,
            check=False,
            cwd=tmp_path,
            env=environment,
            input=answer,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"
        assert "Traceback" not in done.stderr

    added = False
    for command in filter(runs, FENCED):
        words = command.words
        if words[1:3] == ["charger", "add"]:
            if added:
                continue  # each page begins with it
            added = True
        type_in(
            *words[: words.index(">")] if ">" in words else words,
            answer="a long password\n" * 2,
        )

"""Which package index to use is a setting of the machine: no file of ours names one."""

from pathlib import Path
import re
import subprocess

ROOT = Path(__file__).parents[2]

# Written in parts, or this file would name them.
HOSTS = [
    "pypi" + ".org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
    "deb.debian" + ".org",
    "security.debian" + ".org",
    "snapshot.debian" + ".org",
]
OPTIONS = [
    r"--(extra-)?index-url",
    r"--default-index",
    r"--find-links",
    r"^\s*index-url\s*=",
    r'"resolved":\s*"http',
]
FORBIDDEN = re.compile("|".join([*map(re.escape, HOSTS), *OPTIONS]), re.MULTILINE)


def tracked_files() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [
        ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()
    ]


def test_no_tracked_file_names_an_index() -> None:
    named = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in tracked_files()
        if file != Path(__file__)
        for match in FORBIDDEN.finditer(file.read_text(errors="replace"))
    ]
    assert named == []


def test_no_lock_file_of_a_kind_that_names_an_index_is_tracked() -> None:
    assert [
        file.name
        for file in tracked_files()
        if file.name in {"uv.lock", "poetry.lock", "yarn.lock"}
    ] == []


def test_every_locked_package_has_a_hash() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        if lock.name == "debian.txt":
            continue
        entries = re.split(
            r"\n(?=\S)",
            re.sub(r"^#.*\n", "", lock.read_text(), flags=re.MULTILINE).strip(),
        )
        assert [
            entry.split()[0] for entry in entries if "--hash=sha256:" not in entry
        ] == [], lock.name

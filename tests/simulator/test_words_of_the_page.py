"""The hub's page knows what the simulator can do, in every language that it speaks beside English, which is the simulator's own."""

import json
from pathlib import Path
from typing import Any

import pytest

from kickwatt_sim.control.catalog import catalog

TEXT = Path(__file__).parents[2] / "addon/web/src/text"
LANGUAGES = sorted(file.stem for file in (TEXT / "run").glob("*.ts") if file.stem != "en")  # fmt: skip
WORLD = catalog()


def _words(language: str) -> dict[str, Any]:
    words: dict[str, Any] = json.loads((TEXT / f"world/{language}.json").read_text())
    return words


def _named(kind: str) -> set[str]:
    return {each["name"] for each in WORLD[kind]}


def _parameters() -> list[dict[str, Any]]:
    return [each for fault in WORLD["faults"] for each in fault["parameters"]]


def test_there_are_words_in_each_of_its_languages_and_no_other() -> None:
    assert sorted(file.stem for file in (TEXT / "world").iterdir()) == LANGUAGES
    # And the page fetches them.
    source = (TEXT / "world.ts").read_text()
    assert all(f"./world/{language}.json" in source for language in LANGUAGES)


@pytest.mark.parametrize("kind", ["scenarios", "faults"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_has_a_name_and_a_sentence_of_its_own(language: str, kind: str) -> None:
    words = _words(language)[kind]
    assert set(words) == _named(kind)
    for english in WORLD[kind]:
        title, about = words[english["name"]]
        assert title.strip() == title != ""
        assert about.strip() not in {"", english["about"]}
    # In the list to choose from, no two are alike.
    assert len({title for title, _ in words.values()}) == len(words)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_can_be_chosen_about_a_fault_has_a_name(language: str) -> None:
    words = _words(language)
    choices = {word for each in _parameters() for word in each.get("choices", ())}
    assert set(words["parameters"]) == {each["name"] for each in _parameters()}
    assert set(words["choices"]) == choices
    assert all(words["parameters"].values())
    assert all(words["choices"].values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_numbers_and_names_of_protocols_are_kept(language: str) -> None:
    words = _words(language)
    for name, tokens in {
        "http_error": ("601", "603", "604", "DNS"),
        "modem_echo": ("ATE0",),
        "no_httpaction": ("+HTTPACTION",),
        "signal_unknown": ("99",),
        "battery_swap": ("1 W",),
    }.items():
        assert all(token in words["faults"][name][1] for token in tokens)
    assert "45 %" in words["scenarios"]["already_plugged"][1]
    assert "10" in words["scenarios"]["commute"][1]

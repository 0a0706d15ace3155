"""What the README tells somebody to select is called so by Home Assistant's own frontend."""

import json
from pathlib import Path
import re

import hass_frontend

ROOT = Path(__file__).parents[2]
OURS = {
    "Kickwatt",
    "Simulated scooter",
    "Chargers",
    "The integration",
    "The hub",
    "A charger",
}


def _texts() -> set[str]:
    """Return all English texts of the frontend."""
    found: set[str] = set()
    folder = Path(hass_frontend.__file__).parent / "static" / "translations"
    waiting = [json.loads(each.read_text()) for each in folder.rglob("en-*.json")]
    while waiting:
        for each in waiting.pop().values():
            if isinstance(each, dict):
                waiting.append(each)
            else:
                found.add(each)
    return found


def test_the_way_through_the_menus_has_the_words_of_the_frontend() -> None:
    readme = (ROOT / "README.md").read_text()
    install = readme[readme.index("## Install") : readme.index("## Hardware")]
    words = {
        word
        for bold in re.findall(r"\*\*([^*]+)\*\*", install)
        if "→" in bold or bold[0].isupper()
        for word in bold.split(" → ")
    }
    assert {"Add from link", "Repositories", "Restart Home Assistant"} <= words
    assert words - OURS - _texts() == set()

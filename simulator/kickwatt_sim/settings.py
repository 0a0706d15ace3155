"""settings.toml, as CircuitPython reads it: names with a quoted text or a whole number, and no tables."""

from collections.abc import Mapping
from pathlib import Path
import tomllib

Settings = dict[str, str | int]


class SettingsError(Exception):
    """The settings cannot be used; the text says why, in one sentence."""


def parse(text: str, name: str = "settings.toml") -> Settings:
    """Return the settings in a text. Raises SettingsError."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{name} is not a settings file: {error}") from error
    return {
        key: _value(key, value, name)
        for key, value in found.items()
        if not isinstance(value, Mapping)
    }


def read(file: Path) -> Settings:
    """Return the settings in a file. Raises SettingsError."""
    try:
        text = file.read_text("utf-8")
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"{file} is not UTF-8 text") from error
    return parse(text, str(file))


def render(settings: Mapping[str, str | int]) -> str:
    """Return the text of a settings.toml with these settings."""
    quoted = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})
    lines = (
        f'{key} = "{value.translate(quoted)}"'
        if isinstance(value, str)
        else f"{key} = {value}"
        for key, value in settings.items()
    )
    return "\n".join(lines) + "\n"


def _value(key: str, value: object, name: str) -> str | int:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        raise SettingsError(
            f"{name}: {key} must be a text in double quotes or a whole number"
        )
    return value

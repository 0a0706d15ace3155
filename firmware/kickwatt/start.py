"""The way up: first the settings, then the firmware module by module, the greatest first.

To compile a module takes several times its size. So the great ones come while memory is still empty, what they leave behind
is taken away in between, and the reader of settings.toml is gone before anything else is there. That halves the memory in
which the firmware starts.
"""

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import digitalio

    from kickwatt.settings import Config

_GREATEST_FIRST = ("uplink", "memory", "control", "robust", "guard", "queue", "proto")


def run(relay_pin: digitalio.DigitalInOut) -> None:
    """Run for ever. `relay_pin` is an output already, and low."""
    settings = _settings()
    names = [] if settings.modem == "wifi" else ["cellular", "at"]
    names.append(settings.modem)
    names.extend(_GREATEST_FIRST)
    for name in names:
        __import__("kickwatt." + name)
        gc.collect()
    from kickwatt import app

    app.main(relay_pin, settings)


def _settings() -> Config:
    """Read settings.toml, and forget what is needed for nothing else: a tenth of the firmware's memory."""
    import kickwatt
    from kickwatt import config

    names = []
    try:
        with open("settings.toml") as lines:
            names = config.names_in(lines.readlines())
    except OSError:
        pass
    settings = config.load(os.getenv, names)
    sys.modules.pop("kickwatt.config", None)
    del kickwatt.config
    gc.collect()
    return settings

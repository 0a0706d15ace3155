"""List what a Home Assistant with a frontend needs beyond its own package.

`hass --skip-pip` starts without them, but its frontend then waits forever at its logo.
"""

import json
from pathlib import Path
import sys

from homeassistant import bootstrap, components


def requirements(domains: set[str]) -> set[str]:
    """Return the requirements of these integrations and of all that they depend on."""
    root = Path(components.__path__[0])
    found: set[str] = set()
    seen: set[str] = set()
    while unseen := domains - seen:
        domain = unseen.pop()
        seen.add(domain)
        manifest = json.loads((root / domain / "manifest.json").read_text())
        domains = domains | set(manifest.get("dependencies", []))
        found |= set(manifest.get("requirements", []))
    return found


if __name__ == "__main__":
    starts_by_default = {*bootstrap.DEFAULT_INTEGRATIONS, *bootstrap.CORE_INTEGRATIONS}
    print(
        "\n".join(
            sorted(
                requirements(starts_by_default | set(sys.argv[1:])), key=str.casefold
            )
        )
    )

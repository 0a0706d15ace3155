"""Pictures of every view of the hub's own page."""

from .parts import CHARGER_ID
from .screenshots import Picture

_VIEWS = {
    "now": ("now", "article canvas"),
    "history": ("history", "canvas"),
    "session": (f"history/{CHARGER_ID}/1", "article.decision"),
    "why": (f"why/{CHARGER_ID}", "article.decision"),
    "chargers": ("chargers", "a.line"),
    "charger": (f"chargers/{CHARGER_ID}", "canvas"),
    "add": ("add", "form"),
    "tariff": ("tariff", "canvas"),
    "meters": ("meters", "main h1"),
    "users": ("manage/users", "main h1"),
    "tokens": ("manage/tokens", "main h1"),
    "locations": ("manage/locations", "main h1"),
    "models": ("manage/models", "main h1"),
    "simulator": ("simulator", "[role=log]"),
}


def views(url: str) -> list[Picture]:
    """Return each view, with what one sees when it is there; `url` is the hub's."""
    return [
        Picture(f"page-{name}", f"{url}/#/{path}", shows)
        for name, (path, shows) in _VIEWS.items()
    ]

"""For MkDocs: what a page links to outside of docs/ is in the repository, not on the site."""

import re
from typing import Any

OUTSIDE = re.compile(r"\]\(\.\./([^)\s#]+)")


def on_page_markdown(markdown: str, *, config: Any, **_: Any) -> str:
    """Lead links such as ../README.md to where that file can be read."""
    return OUTSIDE.sub(rf"]({config.repo_url}/blob/main/\1", markdown)

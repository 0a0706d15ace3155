"""The document as a page that needs no script and asks nobody for anything."""

from collections.abc import Iterable, Iterator
from html import escape
import re
from typing import Any

import msgspec

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
METHODS = ("get", "post", "put", "patch", "delete")

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --get: #1565c0; --change: #2e7d32; --delete: #c62828 }
@media (prefers-color-scheme: dark) { :root { --get: #90caf9; --change: #a5d6a7; --delete: #ef9a9a } }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; padding: 1rem; max-width: 60rem }
h2 { margin: 2.5rem 0 .25rem }
nav a { margin-right: 1rem }
details { border: 1px solid var(--line); border-radius: .5rem; margin: .4rem 0 }
summary { cursor: pointer; padding: .5rem .75rem; display: grid; grid-template-columns: 4.5rem minmax(0, 1fr) auto; gap: 0 .5rem }
summary p { grid-column: 2 / -1; margin: 0; opacity: .8 }
summary b { color: var(--change) } summary b.get { color: var(--get) } summary b.delete { color: var(--delete) }
code, pre { font: 14px/1.45 ui-monospace, monospace; overflow-wrap: anywhere }
details > div { padding: 0 .75rem .75rem; border-top: 1px solid var(--line) }
h4 { margin: .75rem 0 .25rem }
table { border-collapse: collapse; width: 100% } td { border-top: 1px solid var(--line); padding: .25rem .5rem; vertical-align: top }
td:first-child { white-space: nowrap; width: 1% }
pre { background: var(--soft); padding: .5rem; border-radius: .35rem; margin: .25rem 0; overflow-x: auto; white-space: pre-wrap }
.scope { font-size: .85em; border: 1px solid var(--line); border-radius: 1rem; padding: 0 .6rem; align-self: start }
"""


def render(document: dict[str, Any]) -> str:
    """Return HTML."""
    return "".join(_page(document))


def _page(document: dict[str, Any]) -> Iterator[str]:
    info, schemas = document["info"], document["components"]["schemas"]
    yield (
        "<!doctype html><html lang=en><head><meta charset=utf-8>"
        '<meta name=viewport content="width=device-width, initial-scale=1">'
        f"<title>{escape(info['title'])}: API</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
        f"<p>{_text(info['description'])}</p>"
        f"<p>{_text(document['components']['securitySchemes']['token']['description'])}</p>"
        '<p>The same for programs: <a href="v1/openapi.json">OpenAPI 3.1</a>.</p><nav aria-label="Parts">'
    )
    for tag in document["tags"]:
        yield f'<a href="#{tag["name"]}">{tag["name"]}</a> '
    yield '<a href="#types">types</a></nav><main>'
    for tag in document["tags"]:
        found = list(_tagged(document, tag["name"]))
        yield f'<h2 id="{tag["name"]}">{tag["name"]}</h2><p>{_text(tag["description"])}</p>'
        yield from _refusal(call for _, _, call in found)
        for method, path, call in found:
            yield from _call(method, path, call)
    yield '<h2 id="types">types</h2>'
    for name, schema in schemas.items():
        yield (
            f"<details><summary><b></b><code>{escape(name)}</code>"
            f"<p>{_text(schema.get('description', ''))}</p></summary><div>"
        )
        yield f'<pre id="{escape(name)}">{_shown(schema)}</pre></div></details>'
    yield "</main></body></html>"


def _tagged(document: dict[str, Any], tag: str) -> Iterator[tuple[str, str, Any]]:
    for path, calls in document["paths"].items():
        for method in METHODS:
            if method in calls and tag in calls[method]["tags"]:
                yield method, path, calls[method]


def _refusal(calls: Iterable[Any]) -> Iterator[str]:
    """Say once what every refusal of these calls looks like."""
    for call in calls:
        for status, response in call["responses"].items():
            if status >= "400":
                yield "<p>A refusal looks like this:</p>"
                yield from _content(response["content"])
                return


def _call(method: str, path: str, call: dict[str, Any]) -> Iterator[str]:
    scope = "".join(
        f"<span class=scope>{escape(' '.join(each['token']) or 'any token')}</span>"
        for each in call.get("security", ())
    )
    yield (
        f'<details id="{call["operationId"]}"><summary><b class={method}>{method.upper()}</b>'
        f"<code>{escape(path)}</code>{scope or '<span></span>'}"
        f"<p>{_text(call['summary'])}</p></summary><div>"
    )
    asked = [each for each in call["parameters"] if each["in"] == "query"]
    if asked:
        yield "<h4>Query</h4><table>"
        for each in asked:
            yield (
                f"<tr><td><code>{escape(each['name'])}</code><td>{_text(each['description'])} "
                f"<code>{_shown(each['schema'])}</code>"
            )
        yield "</table>"
    if "requestBody" in call:
        yield "<h4>Body</h4>"
        yield from _content(call["requestBody"]["content"])
    yield "<h4>Answers</h4><table>"
    for status, response in call["responses"].items():
        yield f"<tr><td><b>{status}</b><td>{_text(response['description'])}"
        if status < "300":
            yield from _content(response.get("content", {}))
    yield "</table></div></details>"


def _content(content: dict[str, Any]) -> Iterator[str]:
    for kind, body in content.items():
        note = "" if kind == "application/json" else f"<p>{escape(kind)}</p>"
        yield f"{note}<pre>{_shown(body['schema'])}</pre>"
        if "example" in body:
            example = msgspec.json.encode(body["example"]).decode()
            yield f"<p>For example</p><pre>{escape(example)}</pre>"


def _text(plain: str) -> str:
    """Return text in which what stands between backticks is code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(plain))


def _shown(schema: Any) -> str:
    """Return a schema the way people write JSON: `{"name": text, "id"?: …}`; names of types are links."""
    if "$ref" in schema:
        name = escape(schema["$ref"].rpartition("/")[2])
        return f'<a href="#{name}">{name}</a>'
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(_shown(each) for each in schema[several])
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " | ".join(escape(msgspec.json.encode(each).decode()) for each in values)
    kinds = schema.get("type", "anything")
    if isinstance(kinds, list):
        return " | ".join(_shown({**schema, "type": each}) for each in kinds)
    if "prefixItems" in schema:
        return f"[{', '.join(_shown(each) for each in schema['prefixItems'])}]"
    if kinds == "array":
        return f"[{_shown(schema.get('items', {}))}, …]"
    if kinds == "object":
        return _object(schema)
    return escape(kinds + _bounds(schema))


def _object(schema: dict[str, Any]) -> str:
    required = schema.get("required", ())
    fields = [
        f'  "{escape(name)}"{"" if name in required else "?"}: {_shown(each)}'.replace(
            "\n", "\n  "
        )
        for name, each in schema.get("properties", {}).items()
    ]
    if isinstance(more := schema.get("additionalProperties"), dict):
        fields.append(f"  …: {_shown(more)}")
    return "{\n" + ",\n".join(fields) + "\n}" if fields else "{…}"


def _bounds(schema: dict[str, Any]) -> str:
    said = [
        f"{word} {schema[key]}"
        for key, word in (
            ("minimum", "from"),
            ("maximum", "to"),
            ("minLength", "at least"),
            ("maxLength", "at most"),
            ("pattern", "like"),
            ("format", "as"),
        )
        if key in schema
    ]
    return f" ({', '.join(said)})" if said else ""

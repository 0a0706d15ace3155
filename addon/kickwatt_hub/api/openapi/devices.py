"""The device port: docs/protocol.md. It has a server of its own, and proof in the body instead of a token."""

from .operations import Operation, Raw, Schema, Surface

_SEALED = Raw(
    "application/octet-stream",
    "An HMAC-SHA256 in 64 hexadecimal digits, a newline, and the JSON that it is of.",
)
_LINE = Raw("text/plain", "One short line.")
_ROW: Schema = {
    "type": "object",
    "properties": {
        "data": {"type": "string"},
        "amper": {"type": ["number", "string"]},
        "volt": {"type": ["number", "string"]},
        "signal": {"type": ["number", "string"]},
    },
}

DEVICES = Surface(
    "devices",
    "For boards; the only port that may be forwarded from the internet.",
    {
        ("POST", "/s1/{id}"): Operation(
            {200: _SEALED, 409: _SEALED, 422: _SEALED},
            _SEALED,
            refuses=(401, 429),
            summary="Samples up, orders down, both signed (S1).",
        ),
        ("POST", "/"): Operation(
            {204: None},
            _ROW,
            refuses=(401, 422, 429),
            summary="Rows of the GSM tracker's old format, by the header `api_key`.",
        ),
        ("GET", "/"): Operation(
            {200: _ROW},
            refuses=(401, 404, 429),
            summary="The newest row in the old format, by the header `api_key`.",
        ),
    },
    refusal=_LINE,
    body_refuses=(400, 413, 415, 503),
    query_refuses=(),
    guarded_refuses=(),
    open=frozenset({("POST", "/s1/{id}"), ("POST", "/"), ("GET", "/")}),
    servers=(
        {
            "url": "http://{host}:8422",
            "description": "The device port.",
            "variables": {"host": {"default": "hub.example"}},
        },
    ),
)

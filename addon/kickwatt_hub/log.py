"""Logging: to standard error, one line each, and none for what strangers send."""

import logging


def set_up_logging(level: str) -> None:
    """Log from this level on."""
    logging.basicConfig(
        level=level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    for chatty in ("alembic", "asyncio", "tmodbus", "zeroconf"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    logging.getLogger("aiohttp.server").addFilter(_quiet)


def _quiet(record: logging.LogRecord) -> bool:
    """Drop what aiohttp says about malformed requests: a stranger could fill the disk with their tracebacks."""
    from aiohttp.http_exceptions import HttpProcessingError  # noqa: PLC0415 -- commands need no aiohttp
    from aiohttp.web import RequestPayloadError  # noqa: PLC0415

    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | RequestPayloadError)

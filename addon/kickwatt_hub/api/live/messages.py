"""What a client may say, as far as every message is alike; a command's own fields are in `commands`."""

import msgspec
from msgspec import Struct


class Auth(Struct, tag="auth"):
    """The first message: a token, or none where the Supervisor says who it is."""

    token: str | None = None


class Resume(Struct):
    """The newest event that a client has, and of which run of the hub."""

    run: str
    number: int


class Subscribe(Struct, tag="subscribe"):
    """From now on, tell everything; begin with what is, or with what was missed."""

    id: int
    resume: Resume | None = None


class Command(Struct, tag="command"):
    """Do something."""

    id: int
    command: str


class _Id(Struct):
    id: int


type Message = Auth | Subscribe | Command

MESSAGE: msgspec.json.Decoder[Message] = msgspec.json.Decoder(
    Auth | Subscribe | Command
)
_ID = msgspec.json.Decoder(_Id)


def id_of(text: str) -> int | None:
    """Return the id of a message that cannot be read otherwise."""
    try:
        return _ID.decode(text).id
    except msgspec.DecodeError, UnicodeDecodeError, RecursionError:
        return None

"""Keys, secrets, passwords, tokens, and how often one may fail."""

import json
from pathlib import Path
import stat

import pytest

from kickwatt_hub.model import Scope
from kickwatt_hub.security import tokens
from kickwatt_hub.security.envelope import DeviceKey, Request, seal
from kickwatt_hub.security.limits import FailureLimit
from kickwatt_hub.security.passwords import Passwords
from kickwatt_hub.security.secret import HubSecret, WrongSecretError

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "s1.json").read_text())
KEY = DeviceKey.derive(bytes.fromhex(VECTORS["key"]))

# --- the S1 envelope ---------------------------------------------------------------------------------------------------


def test_the_keys_are_those_of_the_test_vectors() -> None:
    """One per direction."""
    assert (KEY.up.hex(), KEY.down.hex()) == (VECTORS["key_up"], VECTORS["key_down"])


@pytest.mark.parametrize("message", VECTORS["messages"], ids=lambda each: each["name"])
def test_the_messages_of_the_test_vectors(message: dict[str, object]) -> None:
    """The hub believes the requests and writes the replies byte for byte."""
    request = Request.split(str(message["request_body"]).encode())
    assert request is not None
    assert request.json == str(message["request_json"]).encode()
    assert request.proves(VECTORS["id"], KEY)
    replies = message["replies"]
    assert isinstance(replies, list)
    for reply in replies:
        body = seal(VECTORS["id"], KEY, request.mac, reply["reply_json"].encode())
        assert body == reply["reply_body"].encode()


@pytest.mark.parametrize("forged", VECTORS["forged"], ids=lambda each: each["name"])
def test_the_forgeries_of_the_test_vectors_prove_nothing(
    forged: dict[str, str],
) -> None:
    """However little they differ."""
    request = Request.split(forged["request_body"].encode())
    assert request is not None
    assert not request.proves(VECTORS["id"], KEY)


# --- the hub's secret --------------------------------------------------------------------------------------------------


def test_the_secret_is_made_once_and_for_the_owner_alone(tmp_path: Path) -> None:
    """Mode 0600, no draft left over."""
    path = tmp_path / "hub.secret"
    first, second = HubSecret.load(path), HubSecret.load(path)
    assert first.derive("x") == second.derive("x") != first.derive("y")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_two_processes_that_make_the_secret_at_once_agree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one that was slower takes the other's."""
    path = tmp_path / "hub.secret"
    winner = HubSecret.load(path)
    read_text = Path.read_text
    answers = iter([FileNotFoundError])

    def late(self: Path) -> str:
        for error in answers:
            raise error
        return read_text(self)

    monkeypatch.setattr(Path, "read_text", late)
    assert HubSecret.load(path).derive("x") == winner.derive("x")


def test_what_is_sealed_is_opened_by_the_same_secret_only() -> None:
    """And never looks the same twice."""
    secret, other = HubSecret(b"a" * 32), HubSecret(b"b" * 32)
    key = bytes(range(32))
    sealed = secret.seal(key)
    assert secret.open(sealed) == key
    assert key not in sealed
    assert secret.seal(key) != sealed
    for wrong, text in (
        (other, sealed),
        (secret, sealed[:-1] + bytes([sealed[-1] ^ 1])),
        (secret, bytes(56)),
    ):
        with pytest.raises(WrongSecretError):
            wrong.open(text)


# --- passwords and tokens ----------------------------------------------------------------------------------------------


async def test_a_password_is_hashed_with_argon2id_and_verified() -> None:
    """Nobody has an unknown user's."""
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await passwords.verify("correct horse", stored)
    assert not await passwords.verify("battery staple", stored)
    assert not await passwords.verify("correct horse", "damaged")
    assert not await passwords.verify("nobody has this password", None)


def test_tokens() -> None:
    """64 digits, found in both spellings of the header."""
    token = tokens.new()
    assert len(token) == 64
    assert len(tokens.digest(token)) == 32
    assert tokens.from_header(f"Bearer {token}") == token
    assert tokens.from_header(f"Token {token}") == token
    for wrong in (
        None,
        "",
        token,
        f"Bearer {token}0",
        f"Bearer {token}\n",
        f"Basic {token}",
    ):
        assert tokens.from_header(wrong) is None


def test_each_scope_includes_the_ones_before_it() -> None:
    """own, read, control, admin."""
    scopes = list(Scope)
    for held, scope in enumerate(scopes):
        assert [tokens.may(scope, needed) for needed in scopes] == [
            n <= held for n in range(len(scopes))
        ]


# --- how often one may fail --------------------------------------------------------------------------------------------


async def test_failures_count_per_address_and_asking_counts_nothing() -> None:
    """One address's trouble is not another's."""
    limit = FailureLimit("3/minute")
    for _ in range(10):
        assert not await limit.exceeded("192.0.2.1")
    assert [await limit.failed("192.0.2.1") for _ in range(5)] == [
        False,
        False,
        False,
        True,
        True,
    ]
    assert await limit.exceeded("192.0.2.1")
    assert not await limit.exceeded("192.0.2.2")
    assert not await limit.exceeded(None)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("fe80::1%eth0", "fe80::1%eth1", True),
        ("nonsense", None, True),
    ],
)
async def test_what_counts_as_one_address(
    one: str, other: str | None, same: bool
) -> None:
    """IPv6 gives every customer at least a /64."""
    limit = FailureLimit("1/minute")
    await limit.failed(one)
    assert await limit.exceeded(other) is same

"""A relay to dial in to, with a certificate of its own: inside this process, or as the real program.

async with running_relay(tmp_path) as relay, running_hub(tmp_path / "hub", **relay.hub("home")) as hub:
await relay.connected("home")
…relay.device_url("home")…
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
import signal
import subprocess
import sys
from typing import Any, Self

import aiohttp
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from kickwatt_hub.relay.hubs import Hubs
from kickwatt_hub.relay.server import Certificate, Relay, RelayOptions
from tests.support.hub_process import HOST, ROOT

_MAY_SIGN = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


class Authority:
    """Certificates for 127.0.0.1, signed by an authority that only this test trusts."""

    def __init__(self, folder: Path) -> None:
        """The files are in `folder`: `ca.pem`, and `relay.pem` with `relay.key`."""
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("an authority of a test")
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        own = (
            self._builder(self._name, self._key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_MAY_SIGN, critical=True)
        )
        self.file = folder / "ca.pem"
        self.file.write_bytes(
            own.sign(self._key, hashes.SHA256()).public_bytes(
                serialization.Encoding.PEM
            )
        )
        self.certificate = Certificate(folder / "relay.pem", folder / "relay.key")
        self.renew()

    def renew(self) -> int:
        """Write a new certificate and key; returns its serial number."""
        key = ec.generate_private_key(ec.SECP256R1())
        signed = (
            self._builder(_name("a relay of a test"), key.public_key())
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address(HOST))]),
                critical=False,
            )
            .sign(self._key, hashes.SHA256())
        )
        self.certificate.key.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        self.certificate.chain.write_bytes(
            signed.public_bytes(serialization.Encoding.PEM)
        )
        return signed.serial_number

    def _builder(
        self, subject: x509.Name, key: ec.EllipticCurvePublicKey
    ) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(key), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(
                    self._key.public_key()
                ),
                critical=False,
            )
        )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


class RunningRelay:
    """A relay inside this process."""

    def __init__(self, relay: Relay, authority: Authority) -> None:
        """`relay` has started."""
        self.relay = relay
        self.authority = authority

    @property
    def tunnel_url(self) -> str:
        """Where hubs dial in."""
        return f"wss://{HOST}:{self.relay.tunnel_port}"

    @property
    def status_url(self) -> str:
        """Health and metrics."""
        return f"http://{HOST}:{self.relay.status_port}"

    def device_url(self, hub: str) -> str:
        """What the boards of a hub have as KICKWATT_URL."""
        return f"http://{HOST}:{self.relay.device_port}/h/{hub}"

    def token(self, name: str) -> str:
        """Let a hub in; returns its token."""
        return Hubs(self.relay.options.data).add(name, 0)

    def hub(self, name: str, **settings: Any) -> dict[str, Any]:
        """Let a hub in; returns its settings."""
        return {
            "relay": self.tunnel_url,
            "relay_token": self.token(name),
            "relay_ca": self.authority.file,
            **settings,
        }

    async def metrics(self) -> dict[str, float]:
        """What it has counted."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(f"{self.status_url}/metrics") as response,
        ):
            lines = (await response.text()).splitlines()
        pairs = (line.rsplit(" ", 1) for line in lines if not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    async def connected(self, hub: str, connected: bool = True) -> None:
        """Wait until a hub has dialled in, or until it is gone."""
        name = f'kickwatt_relay_hub_connected{{hub="{hub}"}}'
        async with asyncio.timeout(60):
            while (await self.metrics()).get(name) != connected:
                await asyncio.sleep(0.02)


@asynccontextmanager
async def running_relay(folder: Path, **options: Any) -> AsyncIterator[RunningRelay]:
    """Run a relay inside this process; `options` are those of kickwatt_hub.relay.server."""
    authority = Authority(folder / "tls")
    wanted: dict[str, Any] = {
        "data": folder / "relay",
        "host": HOST,
        "device_port": 0,
        "tunnel_port": 0,
        "status_port": 0,
        "certificate": authority.certificate,
        "plain_tunnel": False,
        "device_url": "",
        "proxy": "",
        "address_rate": "100000/minute",
        "hub_rate": "100000/minute",
    }
    relay = Relay(RelayOptions(**{**wanted, **options}))
    await relay.start()
    try:
        yield RunningRelay(relay, authority)
    finally:
        await relay.stop()


class RelayProcess:
    """The real program, in a process of its own."""

    def __init__(self, folder: Path, *flags: str) -> None:
        """`flags` are added to `kickwatt-hub relay`."""
        self.folder = folder
        self.authority = Authority(folder / "tls")
        self._flags = flags
        self._process: subprocess.Popen[str] | None = None
        self.ports: dict[str, int] = {}

    @property
    def tunnel_url(self) -> str:
        """Where hubs dial in."""
        return f"wss://{HOST}:{self.ports['tunnel']}"

    def device_url(self, hub: str) -> str:
        """What the boards of a hub have as KICKWATT_URL."""
        return f"http://{HOST}:{self.ports['device']}/h/{hub}"

    @property
    def log(self) -> str:
        """What it wrote to standard error so far."""
        return (self.folder / "relay.log").read_text()

    def cli(self, *words: str) -> str:
        """Run `kickwatt-hub relay` with these words on its folder; returns what it printed."""
        return subprocess.run(
            [*self._program(), *words, "--data", str(self.folder / "relay")],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            timeout=60,
        ).stdout

    def start(self) -> RelayProcess:
        """Start it, on the same ports as before, and wait until it listens."""
        certificate = self.authority.certificate
        with (self.folder / "relay.log").open("a") as errors:
            self._process = subprocess.Popen(
                [
                    *self._program(),
                    *("--data", str(self.folder / "relay")),
                    *("--host", HOST),
                    *("--cert", str(certificate.chain)),
                    *("--key", str(certificate.key)),
                    *("--device-port", str(self.ports.get("device", 0))),
                    *("--tunnel-port", str(self.ports.get("tunnel", 0))),
                    *("--status-port", str(self.ports.get("status", 0))),
                    *self._flags,
                ],
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                cwd=ROOT,
            )
        assert self._process.stdout is not None
        for which in ("device", "tunnel", "status"):
            line = self._process.stdout.readline()
            assert line.startswith(f"{which} port: "), (line, self.log)
            self.ports[which] = int(line.rpartition(":")[2])
        return self

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; returns its exit code."""
        assert self._process is not None
        process, self._process = self._process, None
        process.send_signal(number)
        code = process.wait(timeout=60)
        assert process.stdout is not None
        process.stdout.close()
        return code

    def _program(self) -> list[str]:
        return [sys.executable, "-m", "kickwatt_hub", "relay"]

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it however it stands."""
        if self._process is not None:
            self.end(signal.SIGKILL)

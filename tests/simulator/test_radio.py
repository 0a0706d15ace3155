"""Wi-Fi in the simulator: what the shims of wifi, socketpool and ssl do, and the firmware's driver through them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
import shutil
import ssl
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
import pytest

from kickwatt_sim import Device, World
from kickwatt_sim.firmware_files import firmware_folder
from kickwatt_sim.internet import Answer

from .s1_hub import S1Hub

type Run = Callable[..., Device]

WIFI: dict[str, Any] = {
    "KICKWATT_MODEM": "wifi",
    "KICKWATT_WIFI_SSID": "home",
    "KICKWATT_WIFI_PASSWORD": "a password",
}


def said(device: Device) -> list[str]:
    """Return what the firmware said, without the notes of the board itself."""
    return [line for line in device.console.lines if not line.startswith("[")]


# --- the shims


def test_a_board_without_a_radio_has_none_of_the_three_modules(run: Run) -> None:
    device = run("import wifi", board="pico2")
    assert "ImportError: no module named 'wifi'" in said(device)
    assert device.radio is None


def test_joining_takes_its_time_or_goes_on_by_itself(run: Run) -> None:
    device = run(
        """
        import time, wifi
        began = time.monotonic_ns()
        try:
            wifi.radio.connect("home", "a password", timeout=0.05)
        except ConnectionError as error:
            print(error, wifi.radio.connected, wifi.radio.ipv4_address)
        print((time.monotonic_ns() - began) // 1_000_000 < 60)
        while not wifi.radio.connected:
            time.sleep(0.1)
        print(wifi.radio.ipv4_address, wifi.radio.ipv4_dns)
        wifi.radio.connect("home", "a password")
        wifi.radio.enabled = False
        print(wifi.radio.connected)
        """,
        board="pico_w",
        settings=WIFI,
    )
    assert said(device)[-4:] == [
        "Unknown failure 1 False None",
        "True",
        "192.168.4.17 192.168.4.1",
        "False",
    ]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ('"elsewhere", "a password"', "No network with that ssid"),
        ('"home", "another password"', "Authentication failure"),
        ('"home", "short"', "password length must be 8-64"),
        ('"", "a password"', "ssid length must be 1-32"),
    ],
)
def test_why_a_board_does_not_get_in(run: Run, call: str, says: str) -> None:
    device = run(
        f"""
        import wifi
        try:
            wifi.radio.connect({call})
        except (ConnectionError, ValueError) as error:
            print(error)
        """,
        board="pico_w",
        settings=WIFI,
    )
    assert said(device)[-1] == says


def test_sockets_that_wait_and_sockets_that_do_not(run: Run) -> None:
    device = run(
        """
        import socketpool, wifi
        wifi.radio.connect("home", "a password")
        pool = socketpool.SocketPool(wifi.radio)
        address = pool.getaddrinfo("hub.example", 80)[0][-1]
        buffer = bytearray(2000)

        slow = pool.socket(pool.AF_INET, pool.SOCK_STREAM)
        slow.settimeout(5)
        slow.connect(address)
        slow.send(b"POST /a HTTP/1.1\\r\\nHost: hub.example\\r\\nContent-Length: 2\\r\\n\\r\\nhi")
        text = b""
        while True:
            count = slow.recv_into(buffer)
            if not count:
                break
            text += bytes(buffer[:count])
        print(text.startswith(b"HTTP/1.1 200 OK"), b"fine" in text)

        quick = pool.socket(pool.AF_INET, pool.SOCK_STREAM)
        quick.settimeout(0)
        for call in (lambda: quick.connect(address), lambda: quick.send(b"x")):
            try:
                call()
            except OSError as error:
                print(error.errno)
        quick.close()
        try:
            quick.send(b"x")
        except OSError as error:
            print(error.errno)
        """,
        board="pico_w",
        settings=WIFI,
        carry=lambda _request: Answer(200, b"fine"),
    )
    assert said(device)[-4:] == ["True True", "115", "11", "9"]


# --- the firmware's driver


@pytest.fixture
def device() -> Iterator[Callable[..., tuple[Device, S1Hub]]]:
    made: list[Device] = []

    def make(hub: S1Hub, **options: Any) -> tuple[Device, S1Hub]:
        usual = {"board": "pico2_w", "nap_s": 1.0}
        settings = hub.settings | WIFI
        settings.pop("KICKWATT_APN")
        settings |= options.pop("settings", {})
        one = Device(settings, world=World(), **{**usual, **options})
        made.append(one)
        return one, hub

    yield make
    for one in made:
        one.close()


def test_a_board_without_wifi_says_so_and_stays_off(
    device: Callable[..., tuple[Device, S1Hub]],
) -> None:
    hub = S1Hub()
    hub.url = "http://hub.example"
    one, _ = device(hub, board="pico2")
    one.run_for(30)
    assert any("this board has no Wi-Fi" in line for line in said(one))
    assert not one.outlet.relay.coil


def test_the_firmware_charges_over_wifi_to_a_real_server(
    device: Callable[..., tuple[Device, S1Hub]],
) -> None:
    """A whole charge, over real sockets from the simulator on."""
    with S1Hub() as hub:
        one, _ = device(hub)
        one.outlet.plug_in(0.9)
        one.run_until(
            lambda: bool(hub.messages) and hub.messages[-1]["state"] == "done",
            within_s=4 * 3600,
            step_s=60,
        )
        assert one.outlet.charge() > 0.95
        assert hub.forged == hub.doubled == 0
        assert abs(hub.messages[-1]["clock"] - one.world.wall_s) < 120
        assert "supply_mv" not in hub.messages[-1]
        assert one.exchanges.failed == 0


def test_no_turn_of_the_loop_takes_longer_than_joining_needs(
    device: Callable[..., tuple[Device, S1Hub]], tmp_path: Path
) -> None:
    """Without TLS nothing but `radio.connect` holds the loop, for half a second at most; the rest is within 50 ms."""
    hub = S1Hub()
    hub.url = "http://hub.example"
    for file in firmware_folder().rglob("*.py"):
        copy = tmp_path / file.relative_to(firmware_folder())
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text())
    (tmp_path / "kickwatt" / "scheduler.py").write_text(
        (tmp_path / "kickwatt" / "scheduler.py")
        .read_text()
        .replace(
            "                rest_ms = next(task)\n",
            "                began = clock.now_ms()\n"
            "                rest_ms = next(task)\n"
            "                print('took', index, clock.now_ms() - began)\n",
        )
    )
    one, _ = device(
        hub,
        firmware=tmp_path,
        carry=lambda request: Answer(*hub.answer("/s1/scooter-1", request.body)),
    )
    times: list[int] = []

    def hear(text: str) -> None:
        words = text.split()
        if words[:2] == ["took", "3"]:
            times.append(int(words[2]))

    one.console.listeners.append(hear)
    one.outlet.plug_in(0.3)
    one.run_for(60)
    one.inject("wifi_gone", lasts_s=30)
    one.run_for(180)
    assert hub.messages[-1]["state"] == "charging"
    long = [time for time in times if time > 50]
    assert len(times) > 300
    assert len(long) <= 6 and max(long) <= 560, long


def test_looking_for_a_network_delays_neither_the_guard_nor_the_watchdogs_food(
    device: Callable[..., tuple[Device, S1Hub]],
) -> None:
    hub = S1Hub()
    hub.url = "http://hub.example"
    hub.wish["lease"] = 900
    one, _ = device(
        hub,
        nap_s=0.0,
        carry=lambda request: Answer(*hub.answer("/s1/scooter-1", request.body)),
    )
    one.outlet.plug_in(0.3)
    one.run_until(lambda: one.outlet.relay.contact, within_s=60)
    one.run_for(30)
    feed, fed_ns = one.board.feed, []

    def feeding() -> None:
        fed_ns.append(one.world.now_ns)
        feed()

    one.board.feed = feeding  # type: ignore[method-assign]
    one.inject("wifi_gone")
    one.run_for(400)
    assert one.console.lines.count("wifi: joining home") > 3
    assert one.outlet.relay.contact
    hungry_ms = max(b - a for a, b in pairwise(fed_ns)) // 1_000_000
    assert hungry_ms < 700
    # Strike in the middle of the half second in which `radio.connect` holds the loop.
    joins = one.console.lines.count("wifi: joining home")
    one.run_until(
        lambda: one.console.lines.count("wifi: joining home") > joins,
        within_s=1200,
        step_s=0.2,
    )
    one.inject("runaway_current")
    one.run_until(lambda: not one.outlet.relay.contact, within_s=4, step_s=0.1)


def test_a_name_that_nobody_knows_is_named(
    device: Callable[..., tuple[Device, S1Hub]],
) -> None:
    hub = S1Hub()
    hub.url = "http://no-such-host.invalid"
    one, _ = device(hub)
    one.run_for(60)
    assert any("there is no no-such-host.invalid" in line for line in said(one))


# --- https


def _certificates(folder: Path) -> tuple[str, Path]:
    """Return the PEM of an authority, and a file with certificate and key for 127.0.0.1 that it vouches for."""
    now = datetime.now(UTC)

    def make(
        name: str,
        key: ec.EllipticCurvePrivateKey,
        issuer: str,
        signer: ec.EllipticCurvePrivateKey,
        *extensions: x509.ExtensionType,
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1))
        )
        for extension in (
            *extensions,
            x509.SubjectKeyIdentifier.from_public_key(key.public_key()),
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()),
        ):
            critical = isinstance(extension, x509.BasicConstraints)
            builder = builder.add_extension(extension, critical=critical)
        certificate = builder.sign(signer, hashes.SHA256())
        return certificate.public_bytes(serialization.Encoding.PEM)

    authority = ec.generate_private_key(ec.SECP256R1())
    server = ec.generate_private_key(ec.SECP256R1())
    trusted = make(
        "Our CA",
        authority,
        "Our CA",
        authority,
        x509.BasicConstraints(ca=True, path_length=0),
        x509.KeyUsage(False, False, False, False, False, True, True, False, False),
    )
    own = make(
        "hub",
        server,
        "Our CA",
        authority,
        x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]),
    )
    file = folder / "server.pem"
    file.write_bytes(
        own
        + server.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return trusted.decode(), file


@pytest.mark.parametrize(
    ("way", "url", "kept"),
    [("wifi", "https://h", 46_080), ("wifi", "http://h", 0), ("a7670", "https://h", 0)],
)
def test_for_tls_on_the_board_memory_is_kept_from_the_queue(
    device: Callable[..., tuple[Device, S1Hub]],
    tmp_path: Path,
    way: str,
    url: str,
    kept: int,
) -> None:
    """An A7670 has TLS of its own."""
    drive = tmp_path / "drive"
    shutil.copytree(firmware_folder(), drive)
    app = drive / "kickwatt" / "app.py"
    app.write_text(
        app.read_text().replace(
            "    recorder = ", "    print(gc.mem_free() - free_bytes)\n    recorder = "
        )
    )
    hub = S1Hub()
    hub.url = url
    settings = {"KICKWATT_MODEM": way, "KICKWATT_APN": "internet"}
    one, _ = device(hub, firmware=drive, settings=settings)
    one.run_for(10)
    assert str(kept) in said(one)


@pytest.mark.parametrize("trusted", [True, False])
def test_https_checks_the_hubs_certificate_against_the_owners_authority(
    device: Callable[..., tuple[Device, S1Hub]], tmp_path: Path, trusted: bool
) -> None:
    authority, server = _certificates(tmp_path)
    drive = tmp_path / "drive"
    for file in firmware_folder().rglob("*.py"):
        copy = drive / file.relative_to(firmware_folder())
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(file.read_text())
    (drive / "ca.pem").write_text(authority)
    with S1Hub() as hub:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(server)
        hub._server.socket = context.wrap_socket(hub._server.socket, server_side=True)
        hub.url = hub.url.replace("http:", "https:")
        one, _ = device(
            hub,
            firmware=drive,
            settings={"KICKWATT_CA": "ca.pem"} if trusted else {},
        )
        one.run_for(60)
        assert bool(hub.messages) is trusted
        refused = any("upload failed: modem: 127.0.0.1" in line for line in said(one))
        assert refused is not trusted


def test_a_missing_authority_is_an_error_and_not_a_crash(
    device: Callable[..., tuple[Device, S1Hub]],
) -> None:
    hub = S1Hub()
    hub.url = "https://127.0.0.1:1"
    one, _ = device(hub, settings={"KICKWATT_CA": "ca.pem"})
    one.run_for(30)
    assert any("upload failed: modem: 127.0.0.1" in line for line in said(one))
    assert one.board.boots == 1

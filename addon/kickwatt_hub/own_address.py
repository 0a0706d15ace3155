"""Where this machine is in its network."""

import ipaddress
import socket


def own_address() -> ipaddress.IPv4Address:
    """Return this machine's address on its network; 127.0.0.1 where it is on none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the system only says which of its addresses it would use (RFC 5737's example network).
            probe.connect(("192.0.2.1", 9))
            return ipaddress.IPv4Address(probe.getsockname()[0])
        except OSError:
            return ipaddress.IPv4Address("127.0.0.1")

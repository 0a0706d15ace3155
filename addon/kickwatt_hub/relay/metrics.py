"""What a relay counts, in Prometheus' text format 0.0.4. No address, charger or token is in it."""

from .switchboard import Switchboard

OUTCOMES = (
    "answered",
    "refused",
    "unknown",
    "not_s1",
    "not_connected",
    "busy",
    "late",
    "limited",
)


def text(board: Switchboard) -> str:
    """Return the metrics."""
    messages = "kickwatt_relay_messages_total"
    answered = "kickwatt_relay_answers_total"
    connected = "kickwatt_relay_hub_connected"
    lines = [
        f"# HELP {messages} Messages of devices, by what became of them.",
        f"# TYPE {messages} counter",
        *(
            f'{messages}{{outcome="{outcome}"}} {board.outcomes[outcome]}'
            for outcome in OUTCOMES
        ),
        f"# HELP {answered} Messages that a hub has answered.",
        f"# TYPE {answered} counter",
        *(
            f'{answered}{{hub="{hub}"}} {board.answered[hub]}'
            for hub in board.hubs.all()
        ),
        f"# HELP {connected} Whether a hub has dialled in.",
        f"# TYPE {connected} gauge",
        *(
            f'{connected}{{hub="{hub}"}} {int(hub in board.tunnels)}'
            for hub in board.hubs.all()
        ),
        "# HELP kickwatt_relay_in_flight Messages that wait for a hub now.",
        "# TYPE kickwatt_relay_in_flight gauge",
        f"kickwatt_relay_in_flight {sum(each.in_flight for each in board.tunnels.values())}",
        "# HELP kickwatt_relay_tunnels_total Tunnels that were opened.",
        "# TYPE kickwatt_relay_tunnels_total counter",
        f"kickwatt_relay_tunnels_total {board.outcomes['tunnel']}",
        "# HELP kickwatt_relay_wrong_tokens_total Tunnels that were refused for their token.",
        "# TYPE kickwatt_relay_wrong_tokens_total counter",
        f"kickwatt_relay_wrong_tokens_total {board.outcomes['wrong_token']}",
    ]
    return "\n".join(lines) + "\n"

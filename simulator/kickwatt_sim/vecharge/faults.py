"""What can be wrong with a veCharge-style server, by name; and how servers of 2021 differ."""

from typing import Final

FAULTS: Final = {
    "drops": "It drops the connection after each newLog.",
    "nonsense": "Every other newLog is no JSON, or has values that cannot be.",
    "refuses": "It takes nobody's token.",
    "held": "It says that the charger is connected to somebody else.",
    "silent": "It takes connections and orders, and says nothing more.",
    "slow": "Each of its answers takes three seconds.",
    "failing": "It answers each order with status 500.",
    "stuck": "It takes OFF, and says ON for ever.",
    "leaky": "It says OFF, and logs power all the same.",
    "polling": "It has no WebSocket.",
    "lax": "It answers clients of any revision in the layout of 3, as JavaScript's server of 2021 does.",
    "flat": "It says the charger's fields beside each other, as servers of 2021 did.",
}

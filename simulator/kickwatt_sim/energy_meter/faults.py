"""What can be wrong with a meter on Modbus TCP, by name."""

from typing import Final

FAULTS: Final = {
    "silent": "It takes requests and answers none.",
    "slow": "It answers after ten seconds.",
    "hangs_up": "It closes the connection at each request.",
    "failing": "It answers with exception 4, server device failure.",
    "busy": "It answers with exception 6, server device busy.",
    "nan": "Each of its values is not a number.",
    "short": "Its answers have fewer words than were asked for.",
    "cut": "It hangs up in the middle of an answer.",
    "garbage": "Its answers are no Modbus.",
    "late": "Each answer is that to the request before.",
    "gaps": "It refuses to be asked across addresses that it does not have (exception 2).",
    "frozen": "Its values do not change any more.",
    "other_unit": "It answers as another unit of the bus.",
}

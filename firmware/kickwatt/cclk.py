"""The modem's clock: 3GPP TS 27.007, 8.15, `+CCLK: "yy/MM/dd,hh:mm:ss+zz"` with zz in quarters of an hour."""

from kickwatt.at import whole_number

_FIRST_YEAR = 26  # an unset SIM800 says 04/01/01 or 00/01/01; nothing older than this firmware is the time
_DAYS_BEFORE_MONTH = (0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334)
_DAYS_1970_TO_2000 = 10957


def unix_seconds(answer: str) -> int | None:
    """Return Unix seconds (UTC) from the answer line of `AT+CCLK?`, or None when it is unset or garbled."""
    start = answer.find('"')
    text = answer[start + 1 : start + 21]
    if start < 0 or len(text) < 20 or text[17] not in "+-":
        return None
    fields = [whole_number(text[at : at + 2]) for at in (0, 3, 6, 9, 12, 15, 18)]
    if None in fields:
        return None
    year, month, day, hour, minute, second, quarters = [field or 0 for field in fields]
    if (
        year < _FIRST_YEAR
        or not 1 <= month <= 12
        or not 1 <= day <= 31
        or hour > 23
        or minute > 59
        or second > 60
    ):
        return None
    # Every fourth year of 2000..2099 is a leap year.
    days = (
        _DAYS_1970_TO_2000
        + year * 365
        + (year + 3) // 4
        + _DAYS_BEFORE_MONTH[month - 1]
        + day
        - 1
    )
    if month > 2 and year % 4 == 0:
        days += 1
    local = ((days * 24 + hour) * 60 + minute) * 60 + second
    return local - quarters * 900 if text[17] == "+" else local + quarters * 900

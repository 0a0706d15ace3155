"""Text of a number → a whole number; nothing here ever makes a fraction."""

DIGITS = "0123456789"


def decimal(text: str, decimals: int) -> int | None:
    """Return `text` as a whole number of its last decimal, "11.5" with one decimal is 115; None if it is not that."""
    whole, point, fraction = text.strip().partition(".")
    if (
        not whole
        or not consists_of(whole + fraction, DIGITS)
        or (point and not fraction)
        or len(whole) > 7
    ):
        return None
    if len(fraction) > decimals:
        if fraction[decimals:].strip("0"):
            return None
        fraction = fraction[:decimals]
    return int(whole + fraction + "0" * (decimals - len(fraction)))


def consists_of(text: str, letters: str) -> bool:
    """Whether `text` has no other letters than these."""
    for letter in text:
        if letter not in letters:
            return False
    return True

"""ISBN-13, and ISBN-10 as older records have it."""


def normalised(text: str) -> str | None:
    """Return the thirteen digits, or None if it is no ISBN."""
    plain = text.replace("-", "").replace(" ", "").upper()
    if len(plain) == 10 and _is_isbn10(plain):
        body = "978" + plain[:9]
        return body + _check_digit(body)
    if len(plain) == 13 and plain.isascii() and plain.isdigit():
        return plain if _check_digit(plain[:12]) == plain[12] else None
    return None


def _is_isbn10(text: str) -> bool:
    if not (text[:9].isascii() and text[:9].isdigit() and text[9] in "0123456789X"):
        return False
    values = [int(digit) for digit in text[:9]] + [10 if text[9] == "X" else int(text[9])]
    return (
        sum(weight * value for weight, value in zip(range(10, 0, -1), values, strict=True)) % 11
        == 0
    )


def _check_digit(body: str) -> str:
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body))
    return str(-total % 10)

"""Made-up values for texts that must not look like secrets where they are kept."""

import random
import re
import string

_SIGNS = {
    "alnum": string.ascii_letters + string.digits,
    "hex": "0123456789abcdef",
    "digit": string.digits,
    "upper": string.ascii_uppercase + string.digits,
}


def filled(text: str, seed: int = 1) -> str:
    """Return a text with each `<<alnum 36>>` replaced by as many signs, the same every time."""
    source = random.Random(seed)

    def made_up(found: re.Match[str]) -> str:
        return "".join(source.choice(_SIGNS[found[1]]) for _ in range(int(found[2])))

    return re.sub(r"<<(\w+) (\d+)>>", made_up, text)

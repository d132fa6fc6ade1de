"""What sending a parcel costs, in whole cents."""

NEIGHBOURS = frozenset({"AT", "BE", "CH", "CZ", "DK", "FR", "LU", "NL", "PL"})
HOME = "DE"
# The first kilogram, and each further one that is begun.
TARIFF = {"home": (549, 90), "neighbour": (1290, 210), "world": (2890, 740)}


def zone_of(country: str) -> str:
    if country == HOME:
        return "home"
    return "neighbour" if country in NEIGHBOURS else "world"


def price_cents(weight_grams: int, country: str) -> int:
    first, further = TARIFF[zone_of(country)]
    begun = -(-weight_grams // 1000)
    return first + (begun - 1) * further

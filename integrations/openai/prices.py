"""Prices of common models, for budgets; what the settings say comes first.

US dollars per million tokens at the standard tier, as of 2026-06. Sources: OpenAI's pricing page
for gpt-5, gpt-4.1 and gpt-4o; two independent published copies of it for gpt-5.5 and gpt-5.4.
"""

from collections.abc import Mapping
from decimal import Decimal

from agent.domain.conversation import Price
from integrations.openai.names import entry_of

AS_OF = "2026-06"


def _price(prompt: str, cached: str, completion: str) -> Price:
    return Price(prompt=Decimal(prompt), cached=Decimal(cached), completion=Decimal(completion))


DEFAULTS: Mapping[str, Price] = {
    "gpt-5.5": _price("5.00", "0.50", "30.00"),
    "gpt-5.4": _price("2.50", "0.25", "15.00"),
    "gpt-5": _price("1.25", "0.125", "10.00"),
    "gpt-5-mini": _price("0.25", "0.025", "2.00"),
    "gpt-5-nano": _price("0.05", "0.005", "0.40"),
    "gpt-4.1": _price("2.00", "0.50", "8.00"),
    "gpt-4.1-mini": _price("0.40", "0.10", "1.60"),
    "gpt-4.1-nano": _price("0.10", "0.025", "0.40"),
    "gpt-4o": _price("2.50", "1.25", "10.00"),
    "gpt-4o-mini": _price("0.15", "0.075", "0.60"),
}


def price_of(model: str, overrides: Mapping[str, Price]) -> Price | None:
    """Return the price of a model, or None when it is not known.

    Dated snapshots cost what their model costs; siblings do not: `gpt-5-pro` costs twelve times as
    much as `gpt-5`.
    """
    return entry_of(model, {**DEFAULTS, **overrides})

"""Texts with their true number of tokens in o200k_base, counted once with tiktoken."""

from typing import Final

SAMPLES: Final[dict[str, tuple[str, int]]] = {
    "prose": (
        """You are a backend developer in a team. You get a ticket and a repository, and you work \
in small steps. Read what you need before you change anything. Keep to the style of the code \
around your change, and write a test for each acceptance criterion. When the checks pass, finish \
with a short summary of what you changed and why.
""",
        70,
    ),
    "code": (
        '''class OrderRepository:
    """Orders of one shop."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def unpaid(self, since: datetime, limit: int = 50) -> list[Order]:
        """Return the oldest unpaid orders, at most `limit`."""
        query = (
            select(Order)
            .where(Order.paid_at.is_(None), Order.created_at >= since)
            .options(selectinload(Order.lines))
            .order_by(Order.created_at)
            .limit(limit)
        )
        return list((await self._session.scalars(query)).unique())
''',
        132,
    ),
    "diff": (
        """diff --git a/shop/prices.py b/shop/prices.py
index 3b18e51..9daeafb 100644
--- a/shop/prices.py
+++ b/shop/prices.py
@@ -12,7 +12,9 @@ def total(lines: list[Line]) -> Decimal:
     amount = sum((line.price * line.count for line in lines), Decimal(0))
-    return round(amount, 2)
+    # Banks round half up, Python rounds half to even.
+    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
""",
        125,
    ),
    "json": (
        '{"type":"object","properties":{"paths":{"type":"array","items":{"type":"string"},'
        '"description":"Paths relative to the root of the repository.","maxItems":10},'
        '"start_line":{"type":"integer","minimum":1,"default":1}},"required":["paths"]}',
        57,
    ),
    "traceback": (
        """FAILED tests/test_orders.py::test_total_rounds_half_up - AssertionError
    def test_total_rounds_half_up(client):
        response = client.post("/orders", json={"lines": [{"sku": "A-1", "price": "0.125"}]})
>       assert response.json()["total"] == "0.13"
E       AssertionError: assert '0.12' == '0.13'
E         - 0.13
E         + 0.12

tests/test_orders.py:41: AssertionError
======================== 1 failed, 118 passed in 7.42s ========================
""",
        130,
    ),
    "hashes": (
        """9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  app.py
60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752  urls.py
fd61a03af4f77d870fc21e05e7e80678095c92d808cfb3b5c279ee04c74aca13  views.py
""",
        128,
    ),
    "german": (
        """Der Preis einer Bestellung wird falsch gerundet: Bei einem halben Cent rundet der \
Dienst ab, die Bank aber auf. Bitte auf zwei Nachkommastellen kaufmännisch runden, auch für \
Beträge mit vielen Stellen, und die bestehenden Bestellungen unverändert lassen.
""",
        56,
    ),
}

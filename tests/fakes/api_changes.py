"""Changes of an API, as the differ would give them."""

from datetime import date
from typing import Any

from agent.openapi.change import Acceptance, ApiDiff, Change, Level, fingerprint

OPERATIONS = tuple(f"GET /items/{number:02}" for number in range(14))


def change(rule: str = "request-property-became-required", **given: Any) -> Change:
    """Return a breaking change of `schemas/Item` that 14 operations feel, but for what is given."""
    values: dict[str, Any] = {
        "level": Level.ERROR,
        "operation": None,
        "component": "schemas/Item",
        "pointer": "/components/schemas/Item/required",
        "text": "`price` became required",
        "operations": OPERATIONS,
        "affects": len(given.get("operations", OPERATIONS)),
    } | given
    place = f"{values['component']} {values['operation']}"
    values.setdefault("fingerprint", fingerprint(rule, place, [values["text"]]))
    return Change(id=rule, **values)


def at(operation: str, rule: str, **given: Any) -> Change:
    """Return a change that one operation feels."""
    values: dict[str, Any] = {"component": None, "operation": operation, "operations": (operation,)}
    return change(rule, **(values | {"pointer": "/paths"} | given))


def diff(*changes: Change, base: str = "", head: str = "") -> ApiDiff:
    """Return these changes as a diff."""
    return ApiDiff(changes=changes, base_version=base, head_version=head)


def _real_changes() -> tuple[Change, ...]:
    orders = ("GET /orders", "GET /orders/{id}", "POST /orders", "POST /orders/{id}/cancel")
    return (
        change(
            component="schemas/OrderCreate",
            text="`lines` became required",
            operations=("POST /orders",),
        ),
        change(
            "response-property-type-changed",
            component="schemas/Order",
            text="the type of `total` went from `number` to `string`",
            operations=orders,
        ),
        change(
            "response-required-property-removed",
            component="schemas/Order",
            text="`customer_id` was removed",
            operations=orders,
        ),
        at(
            "GET /invoices",
            "api-removed-without-deprecation",
            text="the operation was removed without deprecation",
        ),
        at(
            "GET /orders",
            "request-parameter-removed",
            level=Level.WARNING,
            text="the query parameter `page` was removed",
        ),
        change(
            "response-optional-property-added",
            component="schemas/Order",
            level=Level.INFO,
            text="`cancelled_at` was added",
            operations=orders,
        ),
        at(
            "POST /orders/{id}/cancel",
            "endpoint-added",
            level=Level.INFO,
            text="the operation was added",
        ),
        at(
            "DELETE /carts/{id}",
            "response-success-status-removed",
            text="the response `200` was removed",
            accepted=Acceptance(
                reason="carts are of no use since May", ticket="SHOP-9", expires=date(2027, 1, 31)
            ),
        ),
        *(
            change(
                "response-optional-property-added",
                component="schemas/ValidationError",
                level=Level.INFO,
                text=f"`{name}` was added",
                is_noise=True,
            )
            for name in ("ctx", "input")
        ),
    )


REAL_DIFF = diff(*_real_changes(), base="1.4.0", head="1.4.0")
"""A diff with something of everything."""

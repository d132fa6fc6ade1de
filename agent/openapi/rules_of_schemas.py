"""All rules about schemas, in the order in which they are asked."""

from agent.openapi.rules_of_json_schema import (
    compare_contains_bounds,
    compare_content,
    compare_dependent_required,
    compare_named_schemas,
    compare_prefix_items,
    compare_schema_keywords,
)
from agent.openapi.rules_of_lifecycle import compare_announcements
from agent.openapi.rules_of_objects import compare_additional, compare_items, compare_properties
from agent.openapi.rules_of_unions import compare_discriminators, compare_unions
from agent.openapi.rules_of_values import (
    compare_bounds,
    compare_choices,
    compare_defaults,
    compare_forms,
    compare_null,
    compare_types,
)
from agent.openapi.spec import component_at
from agent.openapi.walk import Pair

_ALWAYS = (
    compare_null,
    compare_defaults,
    compare_unions,
    compare_discriminators,
    compare_announcements,
)
_OF_ONE_SCHEMA = (
    compare_types,
    compare_choices,
    compare_bounds,
    compare_forms,
    compare_properties,
    compare_additional,
    compare_items,
    compare_schema_keywords,
    compare_named_schemas,
    compare_prefix_items,
    compare_contains_bounds,
    compare_dependent_required,
    compare_content,
)
"""What is not asked where a union stands beside a single schema: its branches are."""


_OF_USERS = (compare_null, compare_defaults, compare_announcements)


def _wrap_one(pair: Pair) -> bool:
    base, head = pair.base.wrapped, pair.head.wrapped
    if base is None or head is None:
        return False
    if component_at(base.pointer) != component_at(head.pointer):
        return False
    pair.walk.compare(base, head, pair.place, pair.owner)
    return True


def compare_schemas(pair: Pair) -> None:
    """Compare two schemas by all rules.

    Around one component only what is added is compared; the component is by itself, once for all.
    """
    if _wrap_one(pair):
        for rule in _OF_USERS:
            rule(pair)
        return
    for rule in _ALWAYS:
        rule(pair)
    if pair.base.is_apart_from(pair.head):
        compare_types(pair)
    elif not pair.is_wrapped:
        for rule in _OF_ONE_SCHEMA:
            rule(pair)

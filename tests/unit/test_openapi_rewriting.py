"""Vendors' descriptions, written in other words as a whole, do not differ from themselves."""

import gzip
import json
from functools import cache
from typing import Any

import pytest

from agent.openapi.compare import diff
from agent.openapi.spec import Spec
from tests.fakes.specs import find_spec
from tests.openapi import rewriting
from tests.openapi.rewriting import Rewriting, rewritten

NAMES = ("github-rest.subset", "jira-v3.subset")
SAME_VERSION = (
    rewriting.wrapped,
    rewriting.nested,
    rewriting.split,
    rewriting.documented,
    rewriting.reversed_lists,
)
NEXT_VERSION = (rewriting.modern, rewriting.modern_any_of)


@cache
def read(name: str) -> Any:
    content = find_spec(f"subset/{name}.openapi.json.gz").read_bytes()
    return json.loads(gzip.decompress(content))


@pytest.mark.parametrize("rewriting", SAME_VERSION)
@pytest.mark.parametrize("name", NAMES)
def test_other_words_for_schemas_are_no_change(name: str, rewriting: Rewriting) -> None:
    base = read(name)
    head = rewritten(base, rewriting)
    assert diff(Spec(base, (3, 0), name), Spec(head, (3, 0), name)).changes == ()


@pytest.mark.parametrize("rewriting", NEXT_VERSION)
@pytest.mark.parametrize("name", NAMES)
def test_the_next_version_of_openapi_is_no_change(name: str, rewriting: Rewriting) -> None:
    base = read(name)
    head = rewritten(base, rewriting) | {"openapi": "3.1.0"}
    there = diff(Spec(base, (3, 0), name), Spec(head, (3, 1), name))
    back = diff(Spec(head, (3, 1), name), Spec(base, (3, 0), name))
    assert there.changes == back.changes == ()

"""What teams with FastAPI and Django change day by day, and what clients feel of it."""

import json
from typing import Any

import pytest

from agent.openapi.change import ApiDiff
from agent.openapi.compare import diff
from agent.openapi.loading import load
from agent.openapi.spec import SpecError

Json = dict[str, Any]
TEXT, NUMBER, NULL = {"type": "string"}, {"type": "integer"}, {"type": "null"}


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def thing(*required: str, **properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(required)}


def body(schema: Json, media_type: str = "application/json") -> Json:
    return {"description": "x", "content": {media_type: {"schema": schema}}}


def answering(schema: Json) -> Json:
    return {"/x": {"get": {"responses": {"200": body(schema)}}}}


def asking(schema: Json) -> Json:
    return {"/x": {"post": {"requestBody": body(schema), "responses": {}}}}


def api(paths: Json, schemas: Json | None = None, **more: Any) -> Json:
    info = {"title": "x", "version": "1"}
    components = {"schemas": schemas or {}, **more.pop("components", {})}
    return {"openapi": "3.1.0", "info": info, "paths": paths, "components": components, **more}


def compared(base: Json, head: Json) -> ApiDiff:
    older, newer = (load(json.dumps(document).encode(), "x") for document in (base, head))
    return diff(older, newer)


def found(base: Json, head: Json) -> set[tuple[str, str]]:
    return {(change.id, change.level.value) for change in compared(base, head).changes}


CAT, DOG = thing("name", name=TEXT), thing("bark", bark=NUMBER)
PETS = {"Cat": CAT, "Dog": DOG}
MAYBE = {"anyOf": [ref("Cat"), NULL]}
MAYBE_EITHER = {"anyOf": [ref("Cat"), ref("Dog"), NULL]}


def test_one_more_model_in_an_optional_union_is_one_addition() -> None:
    before, after = asking(thing(pet=MAYBE)), asking(thing(pet=MAYBE_EITHER))
    assert found(api(before, PETS), api(after, PETS)) == {("request-property-any-of-added", "info")}
    before, after = answering(thing(pet=MAYBE)), answering(thing(pet=MAYBE_EITHER))
    assert found(api(before, PETS), api(after, PETS)) == {
        ("response-property-any-of-added", "error")
    }


def test_a_blank_choice_beside_an_enum_breaks_no_request() -> None:
    schemas = {"Size": {"enum": ["s", "m"], "type": "string"}, "Blank": {"enum": [""]}}
    before = asking(thing(size=ref("Size")))
    after = asking(thing(size={"oneOf": [ref("Size"), ref("Blank")]}))
    assert found(api(before, schemas), api(after, schemas)) == {
        ("request-property-one-of-added", "info")
    }


def test_the_last_branch_of_a_discriminated_union_is_no_other_schema() -> None:
    union = {"oneOf": [ref("Cat"), ref("Dog")], "discriminator": {"propertyName": "kind"}}
    alone = {**union, "oneOf": [ref("Cat")]}
    before, after = api(asking(ref("Pet")), {**PETS, "Pet": union}), {**PETS, "Pet": alone}
    assert found(before, api(asking(ref("Pet")), after)) == {
        ("request-body-one-of-removed", "error")
    }


def test_a_pattern_on_one_branch_of_a_list_of_types_is_only_that() -> None:
    before = {"anyOf": [{"type": "number"}, TEXT]}
    after = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": "^1"}]}
    assert found(api(asking(thing(price=before))), api(asking(thing(price=after)))) == {
        ("request-property-pattern-added", "error")
    }


def test_another_model_in_an_answer_is_said_of_the_answer() -> None:
    schemas = {
        "User": thing("id", "email", id=NUMBER, email=TEXT),
        "Public": thing("id", id=NUMBER),
    }
    changes = compared(api(answering(ref("User")), schemas), api(answering(ref("Public")), schemas))
    (change,) = changes.changes
    assert (change.id, change.component, change.operation) == (
        "response-required-property-removed", None, "GET /x",
    )  # fmt: skip
    shorter = {**schemas, "User": thing("id", id=NUMBER)}
    (other,) = compared(
        api(answering(ref("User")), schemas), api(answering(ref("User")), shorter)
    ).changes
    assert other.component == "schemas/User"
    assert other.fingerprint != change.fingerprint


def test_an_enum_behind_optional_is_told_once() -> None:
    optional = {"anyOf": [ref("E"), NULL]}
    paths = {
        f"/{n}": {"get": {"parameters": [{"in": "query", "name": "e", "schema": optional}]}}
        for n in range(4)
    }
    before, after = ({"E": {"type": "string", "enum": values}} for values in (["a", "b"], ["a"]))
    (change,) = compared(api(paths, before), api(paths, after)).changes
    assert (change.id, change.component, change.affects) == (
        "request-parameter-enum-value-removed", "schemas/E", 4,
    )  # fmt: skip


def test_two_spellings_of_one_path_are_one_path() -> None:
    get: Json = {"get": {"responses": {}}}
    delete: Json = {"delete": {"responses": {}}}
    apart = api({"/i/{id}": get, "/i/{item_id}": delete})
    together = api({"/i/{id}": {**get, **delete}})
    assert found(apart, together) == set()
    assert found(together, apart) == set()


@pytest.mark.parametrize("name", ["default", "example", "enum", "const", "examples"])
def test_names_that_look_like_keywords_hide_nothing(name: str) -> None:
    before = api(answering(thing(**{name: ref("B")})), {"B": thing(z=TEXT)})
    after = api(answering(thing(**{name: ref("B")})), {"B": thing(z=NUMBER)})
    assert found(before, after) == {("response-property-type-changed", "error")}


def test_the_default_response_is_looked_at() -> None:
    paths = {"/x": {"get": {"responses": {"default": body(ref("B"))}}}}
    before, after = api(paths, {"B": thing(z=TEXT)}), api(paths, {"B": thing(z=NUMBER)})
    assert found(before, after) == {("response-property-type-changed", "error")}


def test_a_key_that_moved_is_another_way_to_authenticate() -> None:
    paths: Json = {"/x": {"get": {"security": [{"key": []}], "responses": {}}}}
    before, after = (
        api(
            paths,
            components={"securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": n}}},
        )
        for n in ("X-Key", "X-Token")
    )
    assert ("api-security-added", "error") in found(before, after)


def test_a_scheme_with_another_name_is_the_same_scheme() -> None:
    before, after = (
        api(
            {"/x": {"get": {"security": [{name: []}], "responses": {}}}},
            components={"securitySchemes": {name: scheme}},
        )
        for name, scheme in (
            ("OAuth2PasswordBearer", {"type": "oauth2", "flows": {}}),
            ("HTTPBearer", {"type": "http", "scheme": "bearer"}),
        )
    )
    assert {level for _, level in found(before, after)} == {"info"}


def test_properties_with_a_plus_in_their_names_are_kept_apart() -> None:
    before = api(answering(thing(**{"a+1": TEXT, "a+2": TEXT})))
    after = api(answering(thing(**{"a+1": NUMBER, "a+2": NUMBER})))
    assert len(compared(before, after).changes) == 2


def test_what_clients_must_send_from_now_on_breaks_them() -> None:
    before, after = thing("id", id={**TEXT, "readOnly": True}), thing("id", id=TEXT)
    assert ("request-property-became-required", "error") in found(
        api(asking(before)), api(asking(after))
    )


def test_a_first_address_counts_by_its_path() -> None:
    before, moved = (api({}, servers=[{"url": url}]) for url in ("https://a/v1", "https://b/v1"))
    assert found(before, moved) == set()
    after = api({}, servers=[{"url": "https://a/v2"}])
    assert ("api-server-path-removed", "warning") in found(before, after)


def test_circles_of_all_of_come_to_an_end() -> None:
    circle = {"properties": {"v": TEXT}, "allOf": [ref("A"), ref("A")]}
    other = {"properties": {"v": NUMBER}, "allOf": [ref("A"), ref("A")]}
    before, after = api(answering(ref("A")), {"A": circle}), api(answering(ref("A")), {"A": other})
    assert ("response-property-type-changed", "error") in found(before, after)
    tower = {f"L{n}": {"allOf": [ref(f"L{n - 1}")] * 2} for n in range(1, 40)}
    low, high = ({**tower, "L0": thing(v=kind)} for kind in (TEXT, NUMBER))
    assert found(api(answering(ref("L39")), low), api(answering(ref("L39")), high)) == {
        ("response-property-type-changed", "error")
    }


def test_a_renamed_family_of_recursive_models_is_the_same_family() -> None:
    def family(prefix: str) -> Json:
        kids = {"type": "array", "items": ref("Node")}
        kinds = {f"{prefix}{n}": thing(kind={"const": f"n{n}"}, kids=kids) for n in range(6)}
        return {"Node": {"oneOf": [ref(name) for name in kinds]}, **kinds}

    paths = answering(ref("Node"))
    assert found(api(paths, family("N")), api(paths, family("Ast"))) == set()


def test_a_tuple_is_compared_with_the_items_of_a_list() -> None:
    before = {"type": "array", "items": NUMBER}
    after = {"type": "array", "prefixItems": [NUMBER, TEXT]}
    assert ("request-property-type-changed", "error") in found(
        api(asking(thing(pair=before))), api(asking(thing(pair=after)))
    )


def test_a_schema_that_says_nothing_is_no_schema() -> None:
    silent, said = {"200": {"description": "x", "content": {"application/json": {}}}}, body({})
    before, after = (
        api({"/x": {"get": {"responses": responses}}}) for responses in (silent, {"200": said})
    )
    assert found(before, after) == found(after, before) == set()


def test_an_endpoint_keeps_its_fingerprint_when_its_path_goes_too() -> None:
    both = api({"/x": {"get": {"responses": {}}, "post": {"responses": {}}}})
    one, none = api({"/x": {"get": {"responses": {}}}}), api({})
    prints = [
        next(c.fingerprint for c in compared(both, head).changes if c.operation == "POST /x")
        for head in (one, none)
    ]
    assert prints[0] == prints[1]


def test_another_order_of_alternatives_is_no_change() -> None:
    schemes = {"o": {"type": "oauth2", "flows": {}}, "a": {"type": "http", "scheme": "bearer"}}
    before, after = (
        api(
            {"/x": {"get": {"security": [written], "responses": {}}}},
            components={"securitySchemes": schemes},
        )
        for written in ({"o": ["w"], "a": []}, {"a": [], "o": ["w"]})
    )
    assert found(before, after) == set()


def test_a_pattern_that_is_no_text_stops_nobody() -> None:
    before, after = api(asking(thing(a=TEXT))), api(asking(thing(a={**TEXT, "pattern": ["x"]})))
    assert found(before, after) == {("request-property-pattern-added", "error")}


def test_a_callback_that_is_sent_elsewhere_is_gone() -> None:
    before, after = (
        api(
            {
                "/x": {
                    "post": {
                        "callbacks": {"done": {url: {"post": {"responses": {}}}}},
                        "responses": {},
                    }
                }
            }
        )
        for url in ("{$request.body#/url}", "{$request.body#/hook}/done")
    )
    assert ("callback-removed", "error") in found(before, after)


def test_references_that_lead_back_to_themselves_are_refused_wherever_they_are() -> None:
    aliases = {"A": {"$ref": "#/components/responses/B"}, "B": {"$ref": "#/components/responses/A"}}
    with pytest.raises(SpecError, match="goes round in a circle; break the circle"):
        load(json.dumps(api({}, components={"responses": aliases})).encode(), "x")


def test_an_anchor_is_refused_with_the_way_out() -> None:
    before, after = api(answering({"$ref": "#pet"})), api(answering(TEXT))
    with pytest.raises(SpecError, match="anchors are not followed; write the way to the place"):
        compared(before, after)

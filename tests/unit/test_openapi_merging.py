"""One description out of several: mounted applications, and applications side by side."""

from typing import Any

from agent.openapi.loading import load
from agent.stacks.openapi.merging import Part, merged


def document(path: str, schemas: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Return a description with one operation that answers with each schema."""
    answers = {
        str(200 + number): {
            "description": name,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
        for number, name in enumerate(schemas)
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": path, "version": "1"},
        "paths": {path: {"get": {"responses": answers}}},
        "components": {"schemas": schemas},
        **more,
    }


def of(prefix: str, content: dict[str, Any], label: str = "a.main:app") -> Part:
    return Part(prefix=prefix, label=label, document=content)


ITEM, OTHER = {"type": "string"}, {"type": "integer"}


def test_prefixes_stand_before_the_paths() -> None:
    whole = merged([of("", document("/a", {})), of("/api/v1", document("/a", {}))])
    assert list(whole["paths"]) == ["/a", "/api/v1/a"]
    assert whole["info"]["title"] == "/a"


def test_the_same_component_is_there_once() -> None:
    whole = merged(
        [of("", document("/a", {"Item": ITEM})), of("/b", document("/b", {"Item": ITEM}))]
    )
    assert whole["components"]["schemas"] == {"Item": ITEM}


def test_components_that_clash_are_renamed_with_all_that_refer_to_them() -> None:
    box = {"type": "object", "properties": {"item": {"$ref": "#/components/schemas/Item"}}}
    first = document("/a", {"Box": box, "Item": ITEM})
    second = document("/a", {"Box": box, "Item": OTHER})
    whole = merged([of("", first), of("/api/v1", second)])
    schemas = whole["components"]["schemas"]
    assert sorted(schemas) == ["Box", "Box_api_v1", "Item", "Item_api_v1"]
    assert schemas["Box_api_v1"]["properties"]["item"]["$ref"] == "#/components/schemas/Item_api_v1"
    answers = whole["paths"]["/api/v1/a"]["get"]["responses"]
    assert answers["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/Box_api_v1")
    assert load(str(whole).replace("'", '"').encode(), "merged").version == (3, 1)


def test_names_of_security_schemes_are_kept_apart() -> None:
    def secured(scheme: dict[str, str]) -> dict[str, Any]:
        found = document("/a", {}, security=[{"auth": []}])
        found["components"]["securitySchemes"] = {"auth": scheme}
        return found

    key, basic = (
        {"type": "apiKey", "in": "header", "name": "K"},
        {"type": "http", "scheme": "basic"},
    )
    whole = merged([of("", secured(key)), of("/in", secured(basic))])
    assert whole["components"]["securitySchemes"] == {"auth": key, "auth_in": basic}
    assert whole["paths"]["/a"]["get"]["security"] == [{"auth": []}]
    assert whole["paths"]["/in/a"]["get"]["security"] == [{"auth_in": []}]


def test_an_operation_that_is_there_already_stays() -> None:
    first, second = document("/a", {}), document("/a", {})
    second["paths"]["/a"] = {"get": {"summary": "second"}, "post": {"summary": "second"}}
    whole = merged([of("", first), of("", second)])
    assert whole["paths"]["/a"]["get"] == {"responses": {}}
    assert whole["paths"]["/a"]["post"] == {"summary": "second"}


def test_tags_are_joined_by_name_and_nothing_that_was_given_is_changed() -> None:
    first = document("/a", {}, tags=[{"name": "x"}])
    second = document("/b", {}, tags=[{"name": "x"}, {"name": "y"}])
    whole = merged([of("", first), of("/in", second)])
    assert whole["tags"] == [{"name": "x"}, {"name": "y"}]
    assert first["tags"] == [{"name": "x"}]
    assert list(second["paths"]) == ["/b"]

"""What a create or edit request wants to change, checked as Jira checks it, and carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from office.jira import adf, render
from office.jira.errors import Refused
from office.jira.models import (
    ISSUE_TYPES,
    PRIORITIES,
    STORY_POINTS,
    Component,
    Document,
    Item,
    Project,
    Ticket,
)
from office.people import PEOPLE, Person

NOT_A_DOCUMENT = "Operation value must be an Atlassian Document (see the Atlassian Document Format)"
LONGEST_TEXT = 32_767

Values = dict[str, Any]
"""Field id to checked value."""


class _WrongValueError(Exception):
    """A value that its field does not take; the text goes into `errors`."""


def document(value: Any, field: str) -> Document:
    """Return `value` if it is an Atlassian document of allowed length.

    Raises:
        Refused: 400 under the name `field`.
    """
    try:
        return _document(value)
    except _WrongValueError as error:
        raise Refused(400, errors={field: str(error)}) from error


def person_of(account_id: Any, field: str) -> Person:
    """Return the person with the account id.

    Raises:
        Refused: 400 under the name `field`.
    """
    for person in PEOPLE:
        if person.account_id == account_id:
            return person
    raise Refused(400, errors={field: f"Specify a valid value for {field}"})


def read(body: Mapping[str, Any], project: Project, ticket: Ticket | None = None) -> Values:
    """Return the checked values of `fields` and `update`; `comment` in `update` is left out.

    Raises:
        Refused: 400 that names every wrong field.
    """
    values: Values = {}
    errors: dict[str, str] = {}
    wanted = {name: [{"set": value}] for name, value in (body.get("fields") or {}).items()}
    wanted |= {name: ops for name, ops in (body.get("update") or {}).items() if name != "comment"}
    for name, operations in wanted.items():
        try:
            values[name] = _value(name, operations, project, ticket)
        except _WrongValueError as error:
            errors[name] = str(error)
    if errors:
        raise Refused(400, errors=errors)
    return values


def comments(body: Mapping[str, Any]) -> list[Document]:
    """Return the comments that `update` adds.

    Raises:
        Refused: 400 if one is not an Atlassian document.
    """
    operations = (body.get("update") or {}).get("comment", [])
    return [document(each.get("add", {}).get("body"), "comment") for each in operations]


def apply(ticket: Ticket, values: Values) -> list[Item]:
    """Set the values and return what differs from before."""
    items = []
    for name, value in values.items():
        if name not in _ATTRIBUTES:
            continue
        attribute, shown = _ATTRIBUTES[name]
        before = getattr(ticket, attribute)
        if before != value:
            items.append(_item(name, shown, before, value))
            setattr(ticket, attribute, value)
    return items


_ATTRIBUTES = {
    "summary": ("summary", "summary"),
    "description": ("description", "description"),
    "labels": ("labels", "labels"),
    "components": ("components", "Component"),
    "assignee": ("assignee", "assignee"),
    "priority": ("priority", "priority"),
    "issuetype": ("issue_type", "issuetype"),
    STORY_POINTS: ("story_points", "Story point estimate"),
}
"""Field id to the ticket's attribute and the name in the changelog."""


def _item(name: str, shown: str, before: Any, after: Any) -> Item:
    custom = "custom" if name.startswith("customfield_") else "jira"
    return Item(shown, name, *_ids(before), *_ids(after), fieldtype=custom)


def _ids(value: Any) -> tuple[str | None, str | None]:
    """Return how the changelog shows a value: id and text."""
    match value:
        case None | []:
            return None, None
        case Person():
            return value.account_id, value.name
        case [Component(), *_]:
            parts: list[Component] = value
            return ",".join(part.id for part in parts), ", ".join(part.name for part in parts)
        case list():
            return None, " ".join(value)
        case dict():
            return None, render.wiki(value)
        case _:
            return None, str(value)


def _value(
    name: str, operations: Sequence[Mapping[str, Any]], project: Project, ticket: Ticket | None
) -> Any:
    read_one = _READERS.get(name)
    if read_one is None:
        message = f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        raise _WrongValueError(message)
    current: Any = list(getattr(ticket, name, [])) if name in ("labels", "components") else None
    for operation in operations:
        for verb, value in operation.items():
            current = _step(verb, current, value, lambda raw: read_one(raw, project))
    return current


def _step(verb: str, current: Any, value: Any, reader: Callable[[Any], Any]) -> Any:
    if verb == "set":
        return reader(value)
    if verb == "add" and isinstance(current, list):
        return current + [each for each in reader([value]) if each not in current]
    if verb == "remove" and isinstance(current, list):
        gone = reader([value])
        return [each for each in current if each not in gone]
    raise _WrongValueError(f"The operation '{verb}' is not supported by the field.")


def _document(value: Any) -> Document:
    if adf.flaw(value) is not None:
        raise _WrongValueError(NOT_A_DOCUMENT)
    if len(render.markdown(value)) > LONGEST_TEXT:
        message = "The entered text is too long. It exceeds the allowed limit of 32,767 characters."
        raise _WrongValueError(message)
    found: Document = value
    return found


def _summary(value: Any, project: Project) -> str:
    del project
    if not isinstance(value, str) or not value.strip():
        raise _WrongValueError("You must specify a summary of the issue.")
    if "\n" in value:
        raise _WrongValueError("The summary is invalid because it contains newline characters.")
    if len(value) > 255:
        raise _WrongValueError("Summary must be less than 255 characters.")
    return value


def _labels(value: Any, project: Project) -> list[str]:
    del project
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _WrongValueError("data was not an array of strings")
    for each in value:
        if " " in each:
            raise _WrongValueError(f"The label '{each}' contains spaces which is invalid.")
    return list(dict.fromkeys(value))


def _components(value: Any, project: Project) -> list[Component]:
    if not isinstance(value, list):
        raise _WrongValueError("data was not an array")
    known = {part.name: part for part in project.components.values()}
    known |= {part.id: part for part in project.components.values()}
    found = []
    for each in value:
        wanted = str(each.get("id") or each.get("name")) if isinstance(each, dict) else ""
        if wanted not in known:
            raise _WrongValueError(f"Component name '{wanted}' is not valid")
        found.append(known[wanted])
    return found


def _assignee(value: Any, project: Project) -> Person | None:
    del project
    if value is None:
        return None
    wanted = value.get("accountId", value.get("id")) if isinstance(value, dict) else ""
    if wanted is None or wanted == "-1":
        return None
    for person in PEOPLE:
        if person.account_id == wanted:
            return person
    raise _WrongValueError("Specify a valid value for assignee")


def _named(known: Mapping[str, str], what: str) -> Callable[[Any, Project], str]:
    def read_named(value: Any, project: Project) -> str:
        del project
        for name, number in known.items():
            if isinstance(value, dict) and (
                value.get("name") == name or str(value.get("id")) == number
            ):
                return name
        raise _WrongValueError(f"Specify a valid {what}")

    return read_named


def _points(value: Any, project: Project) -> float | None:
    del project
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise _WrongValueError("Operation value must be a number")
    return value


def _described(value: Any, project: Project) -> Document | None:
    del project
    return None if value is None else _document(value)


def _project(value: Any, project: Project) -> Project:
    if not isinstance(value, dict):
        raise _WrongValueError("Specify a valid project ID or key")
    return project


_READERS: Mapping[str, Callable[[Any, Project], Any]] = {
    "summary": _summary,
    "description": _described,
    "labels": _labels,
    "components": _components,
    "assignee": _assignee,
    "reporter": _assignee,
    "priority": _named(PRIORITIES, "priority"),
    "issuetype": _named(ISSUE_TYPES, "issue type"),
    STORY_POINTS: _points,
    "project": _project,
}

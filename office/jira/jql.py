"""The part of JQL that people use on a board: comparisons, AND, OR, NOT, ORDER BY."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from office.jira import render
from office.jira.errors import Refused
from office.jira.models import PRIORITIES, Ticket
from office.people import Person

Test = Callable[[Ticket], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>!=|>=|<=|!~|[=<>~(),])"""
    r"""|(?P<word>[^\s"'=<>~(),!]+))"""
)
_MARKS = ("!=", ">=", "<=", "!~", *"=<>~(),")
_ORDERINGS = {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_TIMES = ("created", "updated")


@dataclass(frozen=True)
class Asker:
    """Who asks, and when: what `currentUser()` and `now()` mean."""

    person: Person
    moment: datetime


@dataclass(frozen=True)
class Query:
    """A parsed search."""

    matches: Test
    order: Sequence[tuple[str, bool]]
    """(field, descending), most significant first."""

    def run(self, tickets: Iterable[Ticket]) -> list[Ticket]:
        """Return the matching tickets in order; newest first if no order is asked for."""
        found = sorted(filter(self.matches, tickets), key=lambda t: int(t.id), reverse=True)
        for name, descending in reversed(self.order):
            found.sort(key=_SORT_KEYS[name], reverse=descending)
        return found


def parse(text: str, asker: Asker) -> Query:
    """Parse `text`.

    Raises:
        Refused: 400 with the words that Jira uses.
    """
    return _Parser(text, asker).query()


_VALUES: dict[str, Callable[[Ticket], Sequence[str]]] = {
    "assignee": lambda t: [t.assignee.account_id] if t.assignee else [],
    "reporter": lambda t: [t.reporter.account_id],
    "project": lambda t: [t.project.key, t.project.name, t.project.id],
    "status": lambda t: [t.status.name, t.status.id],
    "statuscategory": lambda t: [t.status.category.name, t.status.category.key],
    "key": lambda t: [t.key, t.id],
    "labels": lambda t: t.labels,
    "component": lambda t: [name for part in t.components for name in (part.name, part.id)],
    "issuetype": lambda t: [t.issue_type],
    "priority": lambda t: [t.priority],
    "summary": lambda t: [t.summary],
    "description": lambda t: [render.markdown(t.description)],
    "text": lambda t: (
        [t.summary, render.markdown(t.description)]
        + [render.markdown(comment.body) for comment in t.comments]
    ),
}
_ALIASES = {"issuekey": "key", "issue": "key", "id": "key", "type": "issuetype"}
_SORT_KEYS: dict[str, Callable[[Ticket], str | float]] = {
    "created": lambda t: t.created.timestamp(),
    "updated": lambda t: t.updated.timestamp(),
    "key": lambda t: int(t.id),
    "rank": lambda t: int(t.id),
    "priority": lambda t: -int(PRIORITIES[t.priority]),
    "status": lambda t: t.status.id,
    "summary": lambda t: t.summary,
}


class _Parser:
    def __init__(self, text: str, asker: Asker) -> None:
        self._tokens = list(_tokens(text))
        self._place = 0
        self._asker = asker

    def query(self) -> Query:
        if not self._tokens or self._keyword("order"):
            message = "Unbounded JQL queries are not allowed here. Please add a search restriction."
            raise Refused(400, message)
        matches = self._any()
        order = self._order()
        if self._place < len(self._tokens):
            raise _wrong(f"Expecting either 'OR' or 'AND' but got '{self._tokens[self._place]}'.")
        return Query(matches, order)

    def _any(self) -> Test:
        tests = [self._all()]
        while self._take("or"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda t: any(test(t) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._take("and"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda t: all(test(t) for test in tests)

    def _one(self) -> Test:
        if self._take("not"):
            inner = self._one()
            return lambda t: not inner(t)
        if self._take("("):
            inner = self._any()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Test:
        shown = _bare(self._next())
        name = _ALIASES.get(shown.lower(), shown.lower())
        if name not in _VALUES and name not in _TIMES:
            raise _wrong(
                f"Field '{shown}' does not exist or you do not have permission to view it."
            )
        sign = self._sign()
        if name in _TIMES:
            return self._time(name, sign)
        if sign in ("in", "not in"):
            return _member(name, self._list(), sign == "not in")
        value = self._value()
        if sign in ("is", "is not") or value is None:
            return _empty(name, sign in ("is not", "!="))
        if sign in ("~", "!~"):
            return _contains(name, value, sign == "!~")
        if sign in ("=", "!="):
            return _member(name, [value], sign == "!=")
        raise _wrong(f"The operator '{sign}' is not supported by the '{shown}' field.")

    def _sign(self) -> str:
        sign = self._next().lower()
        if sign == "not":
            self._expect("in")
            return "not in"
        if sign == "is" and self._take("not"):
            return "is not"
        if sign not in ("=", "!=", "~", "!~", "in", "is", *_ORDERINGS):
            raise _wrong(f"Expecting operator but got '{sign}'.")
        return sign

    def _list(self) -> list[str]:
        self._expect("(")
        values = [self._value() or ""]
        while self._take(","):
            values.append(self._value() or "")
        self._expect(")")
        return values

    def _value(self) -> str | None:
        """Return a value, or None for EMPTY."""
        token = self._next()
        if token in _MARKS:
            raise _wrong(f"Expecting a value but got '{token}'.")
        if token.lower() in ("empty", "null"):
            return None
        if token.lower() == "currentuser":
            self._call()
            return self._asker.person.account_id
        return _bare(token)

    def _call(self) -> None:
        self._expect("(")
        self._expect(")")

    def _time(self, name: str, sign: str) -> Test:
        if sign not in _ORDERINGS:
            raise _wrong(f"The operator '{sign}' is not supported by the '{name}' field.")
        compare, moment = _ORDERINGS[sign], self._moment()
        return lambda t: bool(compare(t.updated if name == "updated" else t.created, moment))

    def _moment(self) -> datetime:
        token = self._next()
        if token.lower() in ("now", "startofday"):
            self._call()
            moment = self._asker.moment
            if token.lower() == "now":
                return moment
            return moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return _moment(_bare(token), self._asker.moment)

    def _order(self) -> list[tuple[str, bool]]:
        if not self._take("order"):
            return []
        self._expect("by")
        order = [self._order_field()]
        while self._take(","):
            order.append(self._order_field())
        return order

    def _order_field(self) -> tuple[str, bool]:
        shown = _bare(self._next())
        name = _ALIASES.get(shown.lower(), shown.lower())
        if name not in _SORT_KEYS:
            raise _wrong(f"Not able to sort using field '{shown}'.")
        descending = self._take("desc")
        if not descending:
            self._take("asc")
        return name, descending

    def _keyword(self, word: str) -> bool:
        return self._place < len(self._tokens) and self._tokens[self._place].lower() == word

    def _take(self, word: str) -> bool:
        found = self._keyword(word)
        self._place += found
        return found

    def _expect(self, word: str) -> None:
        if not self._take(word):
            raise _wrong(f"Expecting '{word}' but it is not there.")

    def _next(self) -> str:
        if self._place == len(self._tokens):
            raise _wrong("Expecting more but the query ends.")
        self._place += 1
        return self._tokens[self._place - 1]


def _tokens(text: str) -> Iterable[str]:
    place = 0
    while text[place:].strip():
        found = _TOKEN.match(text, place)
        if found is None:
            raise _wrong(f"The character '{text[place:].strip()[0]}' is not expected here.")
        place = found.end()
        yield found["text"] or found["mark"] or found["word"]


def _bare(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1]) if token[0] in "\"'" else token


def _member(name: str, values: Sequence[str], negated: bool) -> Test:
    """Tell whether a field has one of the values; like Jira, a negation skips empty fields."""
    wanted = {value.lower() for value in values}

    def test(ticket: Ticket) -> bool:
        have = {value.lower() for value in _VALUES[name](ticket)}
        return bool(have) and not have & wanted if negated else bool(have & wanted)

    return test


def _contains(name: str, value: str, negated: bool) -> Test:
    words = value.lower().replace("*", "").split()

    def test(ticket: Ticket) -> bool:
        text = " ".join(_VALUES[name](ticket)).lower()
        return all(word in text for word in words) is not negated

    return test


def _empty(name: str, negated: bool) -> Test:
    return lambda ticket: bool(_VALUES[name](ticket)) is negated


def _moment(text: str, now: datetime) -> datetime:
    relative = re.fullmatch(r"([+-]?\d+)([mhdw])", text)
    if relative:
        return now + timedelta(**{_UNITS[relative[2]]: int(relative[1])})
    for form in ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC)
        except ValueError:
            continue
    message = (
        f"Date value '{text}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )
    raise Refused(400, message)


def _wrong(text: str) -> Refused:
    return Refused(400, f"Error in the JQL Query: {text}")

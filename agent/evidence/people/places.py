"""What a path is for, as far as its name tells."""

import re

_TEST = re.compile(
    r"(^|/)(tests?|testing|testdata|test_?data|fixtures?|cassettes|mocks?|e2e)/"
    r"|(^|/)(conftest\.py|test_[^/]*|[^/]*[_.-]tests?\.\w+|[^/]*_spec\.\w+)$",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(
    r"(^|/)(docs?|documentation|examples?|samples?|demos?)/|\.(md|rst|adoc|mdx)$"
    r"|(^|/)(README|CHANGELOG|CONTRIBUTING|CHANGES|HISTORY|NEWS)[^/]*$",
    re.IGNORECASE,
)
_TEMPLATE = re.compile(
    r"(^|/)[^/]*\.?env[._-](example|sample|template|dist|tmpl|test|testing|defaults?)$"
    r"|(^|/)(example|sample|template)[._-]env$|\.(example|sample|template|dist|tmpl|j2|jinja2?)$",
    re.IGNORECASE,
)
_GENERATED = re.compile(
    r"(^|/)([^/]*\.lock|package-lock\.json|pnpm-lock\.yaml|yarn\.lock|go\.sum|\.secrets\.baseline"
    r"|[^/]*\.(min\.js|min\.css|map|svg|snap|ambr|po|pot|ipynb|sum|sha256|md5|asc|pub|crt|cer))$",
    re.IGNORECASE,
)


def is_test(path: str) -> bool:
    """Tell whether a file belongs to the tests."""
    return _TEST.search(path) is not None


def is_document(path: str) -> bool:
    """Tell whether a file is there to be read or copied: documents, examples, templates."""
    return bool(_DOCUMENT.search(path) or _TEMPLATE.search(path))


def is_generated(path: str) -> bool:
    """Tell whether a file was written by a program, as lock files are."""
    return _GENERATED.search(path) is not None

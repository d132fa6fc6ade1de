"""What differs between two descriptions of an API, and what it means for clients."""

from agent.openapi.change import ApiDiff
from agent.openapi.comparison import Comparison
from agent.openapi.grouping import grouped
from agent.openapi.options import Options
from agent.openapi.rules_of_documents import compare_documents
from agent.openapi.spec import Spec

_PLAIN = Options()


def diff(base: Spec, head: Spec, options: Options = _PLAIN) -> ApiDiff:
    """Compare two descriptions by meaning.

    However a thing is written is no change: references, null, the order of keys and parameters, the
    names of path parameters. What one component brings to many operations is one change.

    Raises:
        SpecError: A reference that counts leads nowhere, out of the document, or round in a circle.
    """
    comparison = Comparison(base, head, options)
    compare_documents(comparison)
    comparison.schemas.run()
    return grouped(comparison)

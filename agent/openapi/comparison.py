"""What the rules about operations work on."""

from agent.openapi.change import Level
from agent.openapi.levels import LEVELS
from agent.openapi.options import Options
from agent.openapi.rules_of_schemas import compare_schemas
from agent.openapi.sameness import Sameness
from agent.openapi.shapes import Shapes
from agent.openapi.spec import Spec
from agent.openapi.trail import Finding, Owner, Trail
from agent.openapi.walk import SchemaWalk


class Comparison:
    """Two descriptions, and what was found so far."""

    def __init__(self, base: Spec, head: Spec, options: Options) -> None:
        """Start with nothing found."""
        self.base, self.head, self.options = base, head, options
        self.trail = Trail()
        self.sameness = Sameness(base, head)
        self.schemas = SchemaWalk(
            Shapes(base), Shapes(head), self.sameness, compare_schemas, self.trail, options
        )

    def say(
        self,
        rule: str,
        owner: Owner,
        pointer: str,
        what: str,
        *subjects: str,
        is_gone: bool = False,
        level: Level | None = None,
    ) -> None:
        """Note a difference, in a whole sentence."""
        found = level or LEVELS[rule]
        self.trail.findings.append(Finding(rule, found, owner, pointer, is_gone, what, subjects))

"""The plan that the developer proposes before it writes code."""

from agent.domain.value import Value


def must_wait(reasons: tuple[str, ...], policy: str) -> bool:
    """Tell whether a plan waits for a person: `always`, `never`, or where there are reasons."""
    return {"always": True, "never": False}.get(policy, bool(reasons))


class Plan(Value):
    """What will be changed, where, and what could go wrong."""

    summary: str
    files: tuple[str, ...]
    endpoints: tuple[str, ...] = ()
    migrations: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    new_dependencies: tuple[str, ...] = ()
    breaking_changes: tuple[str, ...] = ()
    security_sensitive: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    """What a gate would refuse, as `gate: what`, such as `protected: .github/workflows/ci.yml`."""
    risks: tuple[str, ...] = ()
    """What could go wrong once it runs."""
    open_questions: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()

    def approval_reasons(self) -> tuple[str, ...]:
        """Name why a person must approve first; empty for a plan that may go on by itself."""
        reasons = (
            ("it migrates the database schema", self.migrations),
            ("it breaks the API for its users", self.breaking_changes),
            ("it touches authentication or permissions", self.security_sensitive),
            ("it adds a dependency", self.new_dependencies),
            ("it needs what a check refuses", self.exceptions),
            ("it leaves questions open", self.open_questions),
        )
        return tuple(reason for reason, items in reasons if items)

    @property
    def asks_for_exceptions(self) -> bool:
        """True when its approval lets something pass that a gate would refuse."""
        return bool(self.breaking_changes or self.new_dependencies or self.exceptions)

    def needs_approval(self, policy: str) -> bool:
        """Tell whether a person must approve first, by the policy `always`, `risky` or `never`."""
        return must_wait(self.approval_reasons(), policy)

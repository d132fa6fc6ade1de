"""What a team asks of descriptions besides not breaking clients."""

from datetime import date

from agent.domain.value import Value


class Options(Value):
    """How to judge; the defaults ask for nothing special."""

    today: date | None = None
    """Against which sunsets are held; None: no sunset is ever early."""
    sunset_days: int | None = None
    """How long before its sunset a thing has to be deprecated; None: sunsets are not asked for."""

class Conflict(Exception):
    """The request is fine, but the state of the record does not allow it."""

    status = 409


class Locked(Conflict):
    """The record is locked until somebody of the staff opens it."""

    status = 423

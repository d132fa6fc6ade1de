from rest_framework import status
from rest_framework.exceptions import APIException


class Conflict(APIException):
    """The request is fine, but the state of the record does not allow it."""

    status_code = status.HTTP_409_CONFLICT
    default_detail = "The record does not allow this now."
    default_code = "conflict"

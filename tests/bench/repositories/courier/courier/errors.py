"""The one error model: every answer with a status of 400 or more has this body."""

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException


class ErrorDetail(BaseModel):
    field: str
    message: str


class ErrorOut(BaseModel):
    code: str
    message: str
    details: list[ErrorDetail] = []


class CourierError(Exception):
    """An error that the caller is told about."""

    status = 400
    code = "bad_request"
    headers: dict[str, str] | None = None


class UnauthorizedError(CourierError):
    status = 401
    code = "unauthorized"
    headers = {"WWW-Authenticate": "Bearer"}  # noqa: RUF012 - never changed


class NotFoundError(CourierError):
    status = 404
    code = "not_found"


class ConflictError(CourierError):
    status = 409
    code = "conflict"


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI entries of the error answers that a route can give."""
    return {status: {"model": ErrorOut} for status in statuses}


def install_error_handlers(app: FastAPI) -> None:
    app.add_exception_handler(CourierError, _courier_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


def _answer(status: int, error: ErrorOut, headers: dict[str, str] | None = None) -> JSONResponse:
    return JSONResponse(error.model_dump(), status_code=status, headers=headers)


def _courier_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, CourierError)
    return _answer(error.status, ErrorOut(code=error.code, message=str(error)), error.headers)


def _validation_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    details = [
        ErrorDetail(field=".".join(str(part) for part in item["loc"]), message=item["msg"])
        for item in error.errors()
    ]
    message = "The request is not valid."
    return _answer(422, ErrorOut(code="validation_error", message=message, details=details))


def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "http_error")
    return _answer(error.status_code, ErrorOut(code=code, message=error.detail))

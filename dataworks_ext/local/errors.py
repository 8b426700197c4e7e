"""Answers of the API that are errors."""

from __future__ import annotations


class ApiError(Exception):
    """An error as Function Compute answers it (Function Compute API 2016-08-15, "Error codes")."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.code = code
        """`ErrorCode`: `FunctionNotFound`."""
        self.message = message
        """`ErrorMessage`."""


def invalid(message: str) -> ApiError:
    """400: the request holds what cannot be. The message names it and says what was expected."""
    return ApiError(400, "InvalidArgument", message)


def not_found(kind: str, name: str) -> ApiError:
    """404: there is no such `Service`, `Function`, `Version` or `Alias`."""
    return ApiError(404, f"{kind}NotFound", f"{kind.lower()} {name!r} does not exist; create it first")


def already_exists(kind: str, name: str) -> ApiError:
    """409: there is one of that name already."""
    return ApiError(
        409, f"{kind}AlreadyExists", f"{kind.lower()} {name!r} exists already; update it, or delete it first"
    )


def refused(code: str, message: str) -> ApiError:
    """403: the request is not signed as it should be."""
    return ApiError(403, code, message)


def precondition_failed(etag: str) -> ApiError:
    """412: If-Match names a state that is no more."""
    return ApiError(412, "PreconditionFailed", f"If-Match does not match the current etag {etag}; get it again")

"""Errors that the API answers."""

from __future__ import annotations


class ApiError(Exception):
    """An error as Function Compute answers it.

    Source: Function Compute API 2016-08-15, "Error codes".
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        """The HTTP status."""
        self.code = code
        """`ErrorCode`: `FunctionNotFound`."""
        self.message = message
        """`ErrorMessage`: what is wrong, what was expected, what to do."""

    @classmethod
    def invalid(cls, message: str) -> ApiError:
        """400: an argument is wrong."""
        return cls(400, "InvalidArgument", message)

    @classmethod
    def denied(cls, message: str, code: str = "AccessDenied") -> ApiError:
        """403: the signature is missing or wrong."""
        return cls(403, code, message)

    @classmethod
    def not_found(cls, kind: str, name: str) -> ApiError:
        """404: there is no such `Service`, `Function`, `Version` or `Alias`."""
        return cls(404, f"{kind}NotFound", f"{kind.lower()} {name!r} does not exist; create it first")

    @classmethod
    def already_exists(cls, kind: str, name: str) -> ApiError:
        """409: the name is taken."""
        return cls(
            409, f"{kind}AlreadyExists", f"{kind.lower()} {name!r} exists already; update it, or delete it first"
        )

    @classmethod
    def too_large(cls, what: str, size: object, limit: int) -> ApiError:
        """413: a body is too long."""
        return cls(413, "PayloadTooLarge", f"the {what} has {size} bytes; expected at most {limit}")

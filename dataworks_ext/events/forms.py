"""Events of one code whose payloads differ in their fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pydantic import ModelWrapValidatorHandler, model_validator

from .base import Event

if TYPE_CHECKING:
    from typing_extensions import Self


class SeveralForms(Event):
    """An event whose payloads differ in their fields. It reads into the class of its form, and is made as one."""

    if not TYPE_CHECKING:  # type checkers see a class like any other

        def __new__(cls, **fields: object) -> Event:
            return super().__new__(cls.form_of(fields) if fields and "forms" in cls.__dict__ else cls)

    @model_validator(mode="wrap")
    @classmethod
    def _read_form(cls, value: object, read: ModelWrapValidatorHandler[Self]) -> Self:
        form = cls.form_of(value) if "forms" in cls.__dict__ and isinstance(value, Mapping) else cls
        return read(value) if form is cls else cast("Self", form.model_validate(value))

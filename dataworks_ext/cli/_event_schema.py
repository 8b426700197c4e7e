"""The JSON Schema of an event's payload, by wire names."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import (
    ComputedField,
    DataclassField,
    EnumSchema,
    IntSchema,
    ModelField,
    TaggedUnionSchema,
    TypedDictField,
)

from ..events import Event
from ._event_fields import classes_within, fields_of, is_code


class _WireSchema(GenerateJsonSchema):
    """The payload as DataWorks may send it: numbers also in strings, codes also by name, nothing derived."""

    def field_is_present(self, field: ModelField | DataclassField | TypedDictField | ComputedField) -> bool:
        return not field.get("serialization_exclude")

    def field_title_should_be_set(self, schema: object) -> bool:
        return False  # it would say the name again

    def int_schema(self, schema: IntSchema) -> JsonSchemaValue:
        return {"type": ["integer", "string"], "pattern": r"^-?\d+$"}

    def tagged_union_schema(self, schema: TaggedUnionSchema) -> JsonSchemaValue:
        described = super().tagged_union_schema(schema)
        return {"anyOf": described["oneOf"]}  # the last of them takes what is no other

    def enum_schema(self, schema: EnumSchema) -> JsonSchemaValue:
        enumeration = schema["cls"]
        described = super().enum_schema(schema)
        if not is_code(enumeration):
            return described
        values = [value for member in enumeration for value in (member.value, str(member.value), member.name)]
        return {**described, "type": ["integer", "string"], "enum": values}


def schema_of(cls: type[Event]) -> dict[str, Any]:
    """The schema, with the meanings of all fields; `anyOf` the forms of an event that has several."""
    adapter: TypeAdapter[Event] = TypeAdapter(_union(cls.forms) if cls.forms else cls)
    schema = adapter.json_schema(by_alias=True, schema_generator=_WireSchema)
    definitions = schema.get("$defs", {})
    for described in (cls, *classes_within(cls)):
        target = definitions.get(described.__name__) or (schema if schema.get("title") == described.__name__ else None)
        if target is not None:
            _describe(target, described)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def _union(forms: tuple[type[Event], ...]) -> Any:
    union: Any = forms[0]
    for form in forms[1:]:
        union = union | form
    return union


def _describe(schema: JsonSchemaValue, cls: type[BaseModel]) -> None:
    properties = schema.get("properties", {})
    for field in fields_of(cls):
        if field.wire in properties and field.meaning:
            properties[field.wire]["description"] = field.meaning

"""Reading the environment: the settings of packs, the modes of policies, the language, and problems."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from types import UnionType
from typing import TYPE_CHECKING, Final, NamedTuple, Union, cast, get_args, get_origin

from pydantic import BaseModel, Json, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import from_json

from .errors import SettingsError
from .lookup import built
from .modes import MODES_VARIABLE, Modes, items_in, read_modes
from .policy import Observer, Registration
from .texts import Language

if TYPE_CHECKING:
    from .exemption import Exemption, Exemptions

EXEMPTIONS_VARIABLE: Final = "DATAWORKS_EXT_EXEMPTIONS"
LANGUAGE_VARIABLE: Final = "DATAWORKS_EXT_LANGUAGE"

Settings = BaseModel | SettingsError


class Configuration(NamedTuple):
    """The configuration of an extension in an environment."""

    settings: Mapping[str, Settings]
    """By pack: its settings, or why there are none."""
    modes: Modes
    """The modes of policies and observers, by time and workspace."""
    language: Language
    """Of the texts that a person sees."""
    problems: tuple[str, ...]
    """Problems of the environment, a sentence each."""
    exemptions: Exemptions | None = None
    """None if nobody granted any."""


def read_configuration(
    settings_classes: Mapping[str, type[BaseModel]],
    registered: Collection[Registration],
    language: Language,
    environment: Mapping[str, str],
    exemptions: Sequence[Exemption] = (),
) -> Configuration:
    """The configuration of these packs, their registrations and exemptions. A mistake becomes a problem."""
    settings = {pack: _read_settings(pack, cls, environment) for pack, cls in settings_classes.items()}
    problems = [str(found) for found in settings.values() if isinstance(found, SettingsError)]
    modes = read_modes(registered, environment.get(MODES_VARIABLE, ""), problems)
    granted = _read_exemptions(registered, exemptions, environment.get(EXEMPTIONS_VARIABLE, ""), problems)
    language = _read_language(environment.get(LANGUAGE_VARIABLE, ""), language, problems)
    return Configuration(settings, modes, language, tuple(problems), granted)


def _read_language(wanted: str, otherwise: Language, problems: list[str]) -> Language:
    for known in get_args(Language):
        if wanted == known:
            return cast("Language", known)
    if wanted:
        problems.append(f"{LANGUAGE_VARIABLE} should be one of {', '.join(get_args(Language))}, got {wanted!r}")
    return otherwise


def _read_exemptions(
    registered: Iterable[Registration], written: Sequence[Exemption], text: str, problems: list[str]
) -> Exemptions | None:
    if not written and not text.strip():
        return None
    from .exemption import exemptions_of  # few extensions have any

    policies = [entry.id for entry in registered if not isinstance(entry, Observer)]
    return exemptions_of(written, EXEMPTIONS_VARIABLE, text, policies, datetime.now(timezone.utc), problems)


def variable_of(pack: str, field: str) -> str:
    """The environment variable of a setting: `DOWNLOADS_MAX_ROWS`."""
    return f"{pack}_{field}".upper().replace("-", "_")


def missing(needs: Iterable[str], settings: Settings) -> tuple[str, ...]:
    """The required fields that are None or an empty collection. None of them if the settings are invalid."""
    if isinstance(settings, SettingsError):
        return ()
    return tuple(field for field in needs if _is_empty(getattr(settings, field)))


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, Collection) and len(value) == 0)


def _read_settings(pack: str, settings_class: type[BaseModel], environment: Mapping[str, str]) -> Settings:
    if not settings_class.model_fields:
        return settings_class.model_construct()
    values: dict[str, object] = {}
    for field, info in settings_class.model_fields.items():
        text = environment.get(variable_of(pack, field), "").strip()
        if text:
            values[field] = text if _takes_json(info) else _parse(text, info.annotation)
    if not values and _has_valid_defaults(settings_class):
        return settings_class.model_construct()
    try:
        return built(settings_class).model_validate(values, by_name=True)
    except ValidationError as error:
        return SettingsError(_explain(pack, settings_class, error))
    except Exception as error:
        return SettingsError(f"the settings of pack {pack} cannot be checked: its class raises {type(error).__name__}")


def _has_valid_defaults(settings_class: type[BaseModel]) -> bool:
    """Whether a class that is not built yet (`defer_build=True`) need not be: nothing would look at its defaults."""
    return (
        not settings_class.__pydantic_complete__
        and not settings_class.model_config.get("validate_default")
        and not settings_class.__pydantic_decorators__.model_validators
        and not settings_class.__pydantic_custom_init__
        and not any(info.is_required() or info.validate_default for info in settings_class.model_fields.values())
    )


def _parse(text: str, annotation: object) -> object:
    """Parsed JSON, a list for a collection with separators, else the text."""
    if text[0] in "[{" and _may_be_structured(annotation):
        try:
            parsed: object = from_json(text)
            return parsed
        except ValueError:
            return text
    if _is_collection(annotation):
        return items_in(text)
    return text


def _takes_json(info: FieldInfo) -> bool:
    """Whether pydantic itself parses the text, as for `Json[dict[str, int]]`."""
    return any(type(note).__name__ == "Json" or note is Json for note in info.metadata)


def _may_be_structured(annotation: object) -> bool:
    """Whether a value can be something other than a single word or number."""
    if get_origin(annotation) in (Union, UnionType):
        return any(_may_be_structured(member) for member in get_args(annotation))
    return annotation not in (str, int, float, bool, bytes, type(None))


def _is_collection(annotation: object) -> bool:
    origin = get_origin(annotation) or annotation
    if origin in (Union, UnionType):
        return any(_is_collection(member) for member in get_args(annotation))
    return isinstance(origin, type) and issubclass(origin, (list, tuple, set, frozenset))


def _explain(pack: str, settings_class: type[BaseModel], error: ValidationError) -> str:
    by_alias = {info.alias: field for field, info in settings_class.model_fields.items() if info.alias}
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        where = (
            variable_of(pack, by_alias.get(str(problem["loc"][0]), str(problem["loc"][0])))
            if problem["loc"]
            else f"the settings of pack {pack}"
        )
        needed = "is not set, and the pack needs it" if problem["type"] == "missing" else problem["msg"]
        if problem["type"] == "byte_size_unit":
            needed = "a size has a unit such as MB or GiB"  # pydantic's own text repeats the value
        needed = needed.removeprefix("Value error, ")
        problems.setdefault(where, needed)
    return "; ".join(f"{where}: {text}" for where, text in problems.items())

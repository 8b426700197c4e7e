"""Importing an extension by its name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final

from .context import MessageScope, Request
from .decision import Decision, Verdict
from .errors import ExtensionError
from .events import Event
from .extension import Extension
from .message import Message
from .settings import LANGUAGE_VARIABLE
from .texts import TEXTS, with_request

APP_VARIABLE: Final = "DATAWORKS_EXT_APP"
DEFAULT_APP: Final = "policies:extension"


class LoadingError(ExtensionError):
    """An extension that cannot be found by its name."""


def load_extension(app: str) -> Extension:
    """The extension that `module:attribute` names.

    Raises:
        LoadingError: The name is malformed, the module or attribute does not exist, or it is not an extension.
        BaseException: What the module raises at import.
    """
    module_name, _, attribute = app.partition(":")
    if not module_name or not attribute:
        raise LoadingError(f"an extension is named module:attribute, such as {DEFAULT_APP}; got {app!r}")
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        raise LoadingError(f"there is no module {error.name} to load {app} from") from None
    extension: object = getattr(module, attribute, None)
    if extension is None:
        raise LoadingError(f"module {module_name} has no {attribute}; write {attribute} = Extension(…) there")
    if not isinstance(extension, Extension):
        raise LoadingError(f"{app} is a {type(extension).__name__}, expected an Extension")
    return extension


class UnloadedExtension(Extension):
    """Stands in for an extension that cannot be loaded: it denies every message.

    Args:
        environment: Names the language. The rest of it concerns the extension that is not there.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        super().__init__("unloaded")
        self.configure({LANGUAGE_VARIABLE: environment.get(LANGUAGE_VARIABLE, "")})

    def decide(self, subject: Message | Event | MessageScope, request: Request = Request()) -> Decision:  # noqa: B008
        """A denial."""
        request = subject.request if isinstance(subject, MessageScope) else request
        language = self.configuration.language
        return Decision(Verdict.FAIL, with_request(language, TEXTS[language].not_loaded, request.id))

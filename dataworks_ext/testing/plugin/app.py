"""The extension that a test run is about."""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path

from ...errors import ExtensionError
from ...extension import Extension
from ...loading import APP_VARIABLE, DEFAULT_APP, LoadingError, load_extension
from ..discarded import discarded_outcomes, problem_of, sources_of


class AppError(ExtensionError):
    """An extension that cannot be loaded. The text says why, in a sentence."""


class App:
    """An extension by its name, loaded when it is first asked for.

    Args:
        name: `module:attribute`; empty for the one of `DATAWORKS_EXT_APP`, or `policies:extension`.
        root: The folder that its modules are looked up from, before others.
    """

    def __init__(self, name: str, root: Path) -> None:
        self._name = name or os.environ.get(APP_VARIABLE, "") or DEFAULT_APP
        self._root = str(root)
        self._extension: Extension | None = None

    def extension(self) -> Extension:
        """The extension.

        Raises:
            AppError: It cannot be loaded.
        """
        if self._extension is None:
            self._extension = self._load()
        return self._extension

    def problem_in_source(self) -> str:
        """The outcome that the source of the extension discards, as a sentence. Nothing is imported."""
        module = Path(self._root, self._name.partition(":")[0].partition(".")[0])
        return problem_of(discarded_outcomes(path for path in (module, module.with_suffix(".py")) if path.exists()))

    def _load(self) -> Extension:
        if self._root not in sys.path:
            sys.path.insert(0, self._root)
        try:
            extension = load_extension(self._name)
        except LoadingError as error:
            raise AppError(
                f"{error}; name another with --dataworks-app, or with dataworks_app in the ini file"
            ) from None
        except (Exception, SystemExit) as error:
            raise AppError(f"{self._name} cannot be imported: {_explain(error)}{self._place(error)}") from None
        discarded = discarded_outcomes(sources_of(extension, self._name))
        if discarded:
            raise AppError(problem_of(discarded))
        return extension

    def _place(self, error: BaseException) -> str:
        """Where in the project the error is; empty if it is elsewhere."""
        places = [(frame.filename, frame.lineno) for frame in traceback.extract_tb(error.__traceback__)]
        if isinstance(error, SyntaxError):
            places.append((error.filename or "", error.lineno))
        for file, line in reversed(places):
            if file.startswith(self._root + os.sep) and "site-packages" not in file:
                return f" ({file.removeprefix(self._root + os.sep)}, line {line})"
        return ""


def _explain(error: BaseException) -> str:
    """The error in a line: the framework's own ones are sentences, others need their class."""
    if isinstance(error, ExtensionError):
        return str(error)
    return "".join(traceback.format_exception_only(type(error), error)).strip().splitlines()[-1]

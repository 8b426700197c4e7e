"""The function that `dataworks-ext local` serves, and what it prints of it."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from ._output import fail, to_json
from ._screen import printable

if TYPE_CHECKING:
    from ..local import FailedDelivery, LogLine
    from ..local.source_watch import SourceWatch


class Output:
    """What the command prints, a line at a time: text for people, or JSON for other programs."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._lock = threading.Lock()

    def put(self, text: str, /, **fields: object) -> None:
        """One piece of news: the text, or the fields."""
        line = to_json(fields) if self.as_json else printable(text)
        with self._lock:
            sys.stdout.write(line + "\n")
            sys.stdout.flush()

    def log(self, line: LogLine) -> None:
        """A line that a function wrote; dropped where nobody reads it, since threads of instances call this."""
        tag = f"{line.request_id or line.instance_id} "
        with suppress(OSError):
            self.put(tag + line.text, kind="log", **line._asdict())

    def reply(self, parameters: Mapping[str, str]) -> None:
        """What a function told DataWorks about a message."""
        message, verdict = parameters.get("MessageId", ""), parameters.get("CheckResult", "")
        text = parameters.get("CheckResultTip") or parameters.get("CheckMessage") or ""
        said = f"DataWorks was told {verdict} of message {message}{': ' if text else '.'}{text}"
        with suppress(OSError):
            self.put(said, kind="reply", message_id=message, verdict=verdict, text=text)

    def undelivered(self, failed: FailedDelivery) -> None:
        """An event that did not reach its function, and what becomes of it."""
        event, target = failed.event, failed.target
        fields = {
            "event_id": str(event.get("id")),
            "bus": str(event.get("aliyuneventbusname")),
            "function": target.function + (f" ({target.qualifier})" if target.qualifier else ""),
            "problem": failed.problem,
            "attempt": failed.attempt,
            "next_in": failed.pause,
            "dead_letter_queue": target.dead_letters if failed.pause is None else "",
        }
        text = "Event {event_id} of bus {bus} was not delivered to {function}: {problem}".format(**fields)
        with suppress(OSError):
            self.put(f"{text}. {_fate(failed)}", kind="undelivered", **fields)


def _fate(failed: FailedDelivery) -> str:
    """What becomes of an event that was not delivered."""
    if failed.pause is not None:
        return f"Attempt {failed.attempt} of {failed.attempts}; the next is in {failed.pause:g} s."
    given_up = f"Given up after {failed.attempts} attempt{'s' if failed.attempts > 1 else ''}"
    if failed.target.dead_letters:
        return f"{given_up}; it went to the dead-letter queue {failed.target.dead_letters}."
    return f"{given_up}; it is lost, since the rule names no dead-letter queue."


class ServedFunction:
    """The function whose code is a folder, perhaps one that `dataworks-ext package` built.

    Args:
        output: Told what happens.
        code: The folder.
        put: Creates the function from the folder, or replaces it.
    """

    def __init__(self, output: Output, code: Path, put: Callable[[], None]) -> None:
        self._output = output
        self._code = code
        self._put = put

    def create(self) -> None:
        """Create it; ends the command if it cannot be."""
        from ..local import ApiError

        try:
            self._put()
        except ApiError as error:
            fail(error.message)
        except OSError as error:
            fail(f"the code in {self._code} cannot be read: {error.strerror or error}")

    def watched(self) -> SourceWatch:
        """Replaces the function when its sources change, as a context; those of other code are the folder itself."""
        from ..deploy.freshness import sources_of
        from ..local.source_watch import SourceWatch

        sources = sources_of(self._code)
        folders = [self._code] if sources is None else list(sources.packages)
        for folder in folders:
            if not folder.is_dir():
                fail(f"there is no folder {folder} to watch; build it: dataworks-ext package")
        names = [os.path.relpath(folder) for folder in folders]
        watch = SourceWatch(folders, self._replace)
        self._output.put(f"Watching {', '.join(names)}.", kind="watching", folders=names)
        return watch

    def _replace(self) -> None:
        from ..deploy.freshness import sources_of
        from ..deploy.layout import PackagingError
        from ..local import ApiError

        try:
            if not refresh(self._code, self._output) and sources_of(self._code) is not None:
                return  # what changed is not in the package
            self._put()
        except (ApiError, OSError, PackagingError) as error:
            self._output.put(f"The function was not replaced: {error}", kind="failed", problem=str(error))
        else:
            self._output.put("The function was replaced.", kind="replaced")


def read_snapshot(file: Path | None) -> dict[str, object] | None:
    """What a stub of DataWorks has as every snapshot; ends the command if the file is no text."""
    try:
        return None if file is None else {"CommittedFile": {"Content": file.read_text(encoding="utf-8")}}
    except OSError as error:
        fail(f"the snapshot {file} cannot be read: {error.strerror or error}")
    except UnicodeDecodeError:
        fail(f"the snapshot {file} is not text in UTF-8")


def refresh(code: Path, output: Output) -> bool:
    """Rebuild a package that differs from its sources; whether it did. Raises `PackagingError`."""
    from ..deploy.build import build
    from ..deploy.freshness import differences, sources_of

    sources = sources_of(code)
    changed = [] if sources is None or not code.is_dir() else differences(code)
    if sources is None or not changed:
        return False
    more = f" and {len(changed) - 1} more" if len(changed) > 1 else ""
    output.put(f"Rebuilding {code}: {changed[0]}{more} changed.", kind="rebuilding", changed=changed)
    build(sources.packages, sources.python, code.parent)
    return True

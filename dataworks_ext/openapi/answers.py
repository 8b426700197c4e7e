"""Answers of DataWorks that are kept for a while, so that not every message asks for them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Final

from .client import CallError

KEPT_FOR: Final = 60.0
"""Seconds that an answer is kept."""
_REFRESH_LIMIT: Final = 1.0
"""Seconds that replacing an old answer may take, since there is the old one."""
_MOST_KEPT: Final = 256

Answer = Mapping[str, object]


class Answers:
    """Keeps answers for a while, and for longer while DataWorks throttles. Threads share it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: OrderedDict[Hashable, tuple[float, Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, until: float, ask: Callable[[float], Answer], keep: float = KEPT_FOR) -> Answer:
        """The answer under the key, asked for anew if there is none or it is old. Raises what `ask` raises."""
        with self._lock:
            kept = self._answers.get(key)
        now = self._clock()
        if kept is not None and now < kept[0] + keep:
            return kept[1]
        try:
            answer = ask(until if kept is None else min(until, now + _REFRESH_LIMIT))
        except CallError as error:
            if kept is None or not error.throttled:
                raise
            answer = kept[1]
        self._keep(key, answer)
        return answer

    def _keep(self, key: Hashable, answer: Answer) -> None:
        with self._lock:
            self._answers[key] = (self._clock(), answer)
            self._answers.move_to_end(key)
            while len(self._answers) > _MOST_KEPT:
                self._answers.popitem(last=False)

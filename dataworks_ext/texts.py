"""The framework's own texts, as the person in DataWorks sees them, in English and Chinese."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from datetime import date

Language = Literal["en", "zh"]


class Texts(NamedTuple):
    """One language. The fields are format strings."""

    could_not_check: str
    """`policy`: the id of a policy that failed."""
    no_policy: str
    """`event`: the code of an event without a policy, if the extension's default is not `allow`."""
    unreadable: str
    """A message that could not be read."""
    contradicted: str
    """A message whose envelope and payload name different events."""
    broken: str
    """A message for which the extension itself failed."""
    not_loaded: str
    """An extension that could not be loaded."""
    request: str
    """`request_id`: what to tell an administrator; appended to the other texts."""
    announced: str
    """`day`: from when on a denial stops people that only warns today; appended to a policy's text."""
    page: str
    """`url`: where to read more; appended to a policy's text."""


TEXTS: Final[dict[Language, Texts]] = {
    "en": Texts(
        could_not_check="The rule {policy} could not be checked.",
        no_policy="No rule covers the event {event}.",
        unreadable="The extension could not read this message of DataWorks.",
        contradicted="This message of DataWorks contradicts itself, so no rule was checked.",
        broken="The extension failed, so no rule was checked.",
        not_loaded="The extension could not be loaded, so no rule was checked.",
        request="Please tell your administrator this request id: {request_id}",
        announced="From {day} on, this is denied.",
        page="Read more: {url}",
    ),
    "zh": Texts(
        could_not_check="规则 {policy} 未能完成检查。",
        no_policy="事件 {event} 没有对应的规则。",
        unreadable="扩展程序无法读取这条 DataWorks 消息。",
        contradicted="这条 DataWorks 消息自相矛盾，未检查任何规则。",
        broken="扩展程序出错，未检查任何规则。",
        not_loaded="扩展程序加载失败，未检查任何规则。",
        request="请将此请求 ID 告知管理员：{request_id}",
        announced="自 {day}起，此类操作将被禁止。",
        page="详情请见：{url}",
    ),
}


def with_request(language: Language, text: str, request_id: str) -> str:
    """The text, followed by the request id, if there is one."""
    return followed_by(text, TEXTS[language].request.format(request_id=request_id)) if request_id else text


def announcement(language: Language, day: date) -> str:
    """The sentence that says from when on a denial stops people."""
    from .wording import chinese_date, english_date  # only announcements need it

    return TEXTS[language].announced.format(day=chinese_date(day) if language == "zh" else english_date(day))


def followed_by(text: str, sentence: str) -> str:
    """The text, and a sentence after it. Full-width punctuation has its space in it."""
    return f"{text}{sentence}" if text.endswith(_FULL_WIDTH) else f"{text} {sentence}"


_FULL_WIDTH: Final = ("。", "！", "？", "；", "：", "）", "」", "”")

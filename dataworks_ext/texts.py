"""The framework's own texts, as the person in DataWorks sees them, in English and Chinese."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

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


TEXTS: Final[dict[Language, Texts]] = {
    "en": Texts(
        could_not_check="The rule {policy} could not be checked.",
        no_policy="No rule covers the event {event}.",
        unreadable="The extension could not read this message of DataWorks.",
        contradicted="This message of DataWorks contradicts itself, so no rule was checked.",
        broken="The extension failed, so no rule was checked.",
        not_loaded="The extension could not be loaded, so no rule was checked.",
        request="Please tell your administrator this request id: {request_id}",
    ),
    "zh": Texts(
        could_not_check="规则 {policy} 未能完成检查。",
        no_policy="事件 {event} 没有对应的规则。",
        unreadable="扩展程序无法读取这条 DataWorks 消息。",
        contradicted="这条 DataWorks 消息自相矛盾，未检查任何规则。",
        broken="扩展程序出错，未检查任何规则。",
        not_loaded="扩展程序加载失败，未检查任何规则。",
        request="请将此请求 ID 告知管理员：{request_id}",
    ),
}


def with_request(language: Language, text: str, request_id: str) -> str:
    """The text, followed by the request id, if there is one."""
    return f"{text} {TEXTS[language].request.format(request_id=request_id)}" if request_id else text

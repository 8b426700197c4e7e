"""The words of reports for people, in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from ..texts import Language
from .baseline import RECORDED
from .report import Report


class Wording(NamedTuple):
    """One language. Some fields are format strings; `colon`, `comma` and `parentheses` are its punctuation."""

    title: str
    subtitle: str
    recorded: str
    """The baseline where it is what was decided then."""
    messages: str
    denied: str
    newly_denied: str
    newly_allowed: str
    people: str
    unknown: str
    unread: str
    policy: str
    mode: str
    allows: str
    warns: str
    denies: str
    fails: str
    unstable: str
    exempted: str
    by_day: str
    by_hour: str
    examples: str
    causes: str
    errors: str
    time: str
    event: str
    workspace: str
    person: str
    stopped: str
    silent: str
    text: str
    message: str
    no_change: str
    limit_exceeded: str
    limit_kept: str
    nothing_denied: str
    explanation: str
    settings_differ: str
    pack: str
    warning: str
    reasons: Mapping[str, str]
    """Why something could not be read, where it is said otherwise than in English."""
    colon: str
    comma: str
    parentheses: str


WORDING: Final[dict[Language, Wording]] = {
    "en": Wording(
        title="Rehearsal of {extension}",
        subtitle="{source}, {since} to {until}, compared with {baseline}. Days and hours are UTC+8.",
        recorded="what was decided then",
        messages="Messages",
        denied="Denied",
        newly_denied="Newly denied",
        newly_allowed="Newly allowed",
        people="People newly denied",
        unknown="Unknown",
        unread="Unread",
        policy="Policy",
        mode="Mode",
        allows="Allows",
        warns="Warns",
        denies="Denies",
        fails="Fails",
        unstable="Unstable",
        exempted="Exempted",
        by_day="Denials by day",
        by_hour="Denials by hour of the day",
        examples="Examples",
        causes="Not in the archive",
        errors="Errors",
        time="Time",
        event="Event",
        workspace="Workspace",
        person="Person",
        stopped="People",
        silent="These object to nothing: {policies}.",
        text="Text",
        message="Message",
        no_change="Nobody is newly denied, and nothing is newly allowed.",
        limit_exceeded="The limit of {most} is exceeded: {name} is {found}.",
        limit_kept="The limit of {most} holds: {name} is {found}.",
        nothing_denied="It denies nothing.",
        explanation=(
            "Denials are counted before modes: a rule in shadow shows what it would block. Unknown means that a policy "
            "looked at something that the archive does not hold; it is neither a denial nor an allowance."
        ),
        settings_differ="The settings differ from those of the messages' time: {packs}.",
        pack="{pack} ({count:,} messages)",
        warning="{warning}",
        reasons={},
        colon=": ",
        comma=", ",
        parentheses=" ({})",
    ),
    "zh": Wording(
        title="{extension} 规则演练报告",
        subtitle="{source}，{since} 至 {until}，对比基线：{baseline}。日期和时间均为东八区（UTC+8）。",
        recorded="当时的判定",
        messages="消息",
        denied="拒绝",
        newly_denied="新增拒绝",
        newly_allowed="新增放行",
        people="新增受阻人数",
        unknown="未知",
        unread="无法读取",
        policy="规则",
        mode="模式",
        allows="放行",
        warns="告警",
        denies="拒绝",
        fails="出错",
        unstable="不稳定",
        exempted="豁免",
        by_day="按日期统计的拒绝次数",
        by_hour="按时段统计的拒绝次数",
        examples="示例",
        causes="归档中缺少的内容",
        errors="错误",
        time="时间",
        event="事件",
        workspace="工作空间",
        person="人员",
        stopped="人数",
        silent="以下规则未提出异议：{policies}。",
        text="提示内容",
        message="消息 ID",
        no_change="没有新增拒绝，也没有新增放行。",
        limit_exceeded="超出上限 {most}：{name}为 {found}。",
        limit_kept="未超出上限 {most}：{name}为 {found}。",
        nothing_denied="没有拒绝任何操作。",
        explanation=(
            "拒绝次数按应用模式之前的结论统计：影子（shadow）模式的规则也会显示将拦截哪些操作。"
            "“未知”表示规则查看了归档中没有的内容，既不算拒绝，也不算放行。"
        ),
        settings_differ="以下策略包的配置与消息到达时不同：{packs}。",
        pack="{pack}（{count:,} 条消息）",
        warning="配置问题：{warning}",
        reasons={
            "a decision that cannot be read": "判定无法读取",
            "a file that holds neither archived lines nor messages": "文件中既没有归档的行，也没有消息",
            "a file that is damaged or ends early": "文件损坏或不完整",
            "a line of a schema that this version does not know": "行的格式版本过新，当前版本无法识别",
            "a line that is no JSON": "不是 JSON 的行",
            "a line that is no object": "不是 JSON 对象的行",
            "a line whose message cannot be read": "行中的消息无法读取",
            "a line whose time cannot be read": "行中的时间无法读取",
            "a line whose time has no zone": "行中的时间没有时区",
            "a message of an event code that this version does not know": "当前版本不认识的事件编码",
            "a message that cannot be read": "消息无法读取",
            "an element that is no message": "数组中不是消息的元素",
            "an object that is no archived line": "不是归档行的 JSON 对象",
            "other causes": "其他原因",
        },
        colon="：",
        comma="、",
        parentheses="（{}）",
    ),
}


def title_of(report: Report, words: Wording) -> str:
    """The headline."""
    named = " ".join(filter(None, (report["extension"], report["version"])))
    return words.title.format(extension=named)


def subtitle_of(report: Report, words: Wording) -> str:
    """What was rehearsed, and against what."""
    days = {name: (report[name] or "?")[:10] for name in ("since", "until")}
    baseline = words.recorded if report["baseline"] == RECORDED else report["baseline"]
    return words.subtitle.format(source=report["source"], baseline=baseline, **days)


def warnings_of(report: Report, words: Wording) -> list[str]:
    """What makes the counts doubtful: a sentence each. Problems of the configuration are said in English."""
    packs = [words.pack.format(pack=pack, count=count) for pack, count in report["differing_settings"].items()]
    return [
        *(words.warning.format(warning=warning) for warning in report["warnings"]),
        *([words.settings_differ.format(packs=words.comma.join(packs))] if packs else []),
    ]


def limits_of(report: Report, words: Wording) -> list[str]:
    """A sentence for each limit."""
    names = {"newly_denied": words.newly_denied, "people": words.people}
    return [
        (words.limit_exceeded if limit["exceeded"] else words.limit_kept).format(
            most=limit["most"], found=limit["found"], name=names[limit["limit"]]
        )
        for limit in report["limits"]
    ]

"""A report for a merge request: counts and pseudonyms, no texts."""

from __future__ import annotations

from collections.abc import Sequence

from ..reporting.markdown import markdown_details, markdown_table, markdown_text
from ..texts import Language
from .report import Report, ReportedPolicy, examples_of, telling
from .summary import Kind
from .wording import WORDING, Wording, limits_of, subtitle_of, title_of, warnings_of


def markdown(report: Report, language: Language = "en") -> str:
    """The report as GitHub and GitLab show it."""
    words = WORDING[language]
    parts = [
        f"## {markdown_text(title_of(report, words))}",
        markdown_text(subtitle_of(report, words)),
        _totals(report, words),
    ]
    parts.extend(f"**{markdown_text(sentence)}**" for sentence in limits_of(report, words))
    parts.extend(f"> {markdown_text(warning)}" for warning in warnings_of(report, words))
    rows = telling(report)
    if rows:
        parts.append(_policies(rows, words))
    kinds: tuple[tuple[Kind, str], ...] = (("newly_denied", words.newly_denied), ("newly_allowed", words.newly_allowed))
    for kind, title in kinds:
        if any(examples_of(policy, kind) for policy in rows):
            parts.append(_examples(rows, kind, title, words))
    if not report["newly_denied"] and not report["newly_allowed"]:
        parts.append(words.no_change)
    parts.append(f"<sub>{words.explanation}</sub>")
    return "\n\n".join(parts) + "\n"


def _totals(report: Report, words: Wording) -> str:
    titles = (
        *(words.messages, words.denied, words.newly_denied, words.newly_allowed),
        *(words.people, words.unknown, words.unread),
    )
    counts = (
        *(report["messages"], report["denied"], report["newly_denied"], report["newly_allowed"]),
        *(report["people"], report["unknown"], report["unread"]),
    )
    return markdown_table(titles, [[f"{count:,}" for count in counts]])


def _policies(policies: Sequence[ReportedPolicy], words: Wording) -> str:
    titles = (
        *(words.policy, words.mode, words.denies, words.stopped, words.newly_denied, words.newly_allowed),
        *(words.warns, words.fails, words.unknown, words.unstable),
    )
    rows = [
        [
            f"`{policy['policy']}`",
            policy["mode"],
            *(
                f"{count:,}"
                for count in (
                    *(policy["denies"], policy["people"], policy["newly_denied"], policy["newly_allowed"]),
                    *(policy["warns"], policy["fails"], policy["unknown"], policy["unstable"]),
                )
            ),
        ]
        for policy in policies
    ]
    return markdown_table(titles, rows)


def _examples(policies: Sequence[ReportedPolicy], kind: Kind, title: str, words: Wording) -> str:
    rows = [
        [
            f"`{policy['policy']}`",
            example["time"][:16].replace("T", " "),
            markdown_text(example["event_code"]),
            str(example["workspace_id"] or ""),
            markdown_text(example["person"] or ""),
            markdown_text(example["message_id"] or ""),
        ]
        for policy in policies
        for example in examples_of(policy, kind)
    ]
    titles = (words.policy, words.time, words.event, words.workspace, words.person, words.message)
    return markdown_details(title, markdown_table(titles, rows))

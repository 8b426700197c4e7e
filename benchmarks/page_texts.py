"""The words of the page of `make bench`, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

Language = Literal["en", "zh"]


class Texts(NamedTuple):
    """One language. `head` and `sizes` are format strings."""

    head: str
    starts: str
    warm: str
    turns: str
    parts: str
    waiting: str
    sizes: str
    memory: str
    chart: str
    chart_file: str
    quartiles: str
    names: Mapping[str, str]
    """What stands in tables and in the chart, where it differs from what the benchmarks call it."""


TEXTS: Final[Mapping[Language, Texts]] = {
    "en": Texts(
        head="""\
# Performance

`make bench` writes this page. It measures everything side by side in one run, in turns; compare the ratios, since \
machines differ. A ratio is the median of the ratios of each round; behind it are its quartiles.

This run: Python {python}, {cores} cores, {seconds:.0f} s.

![{chart}](../assets/{chart_file})

## Targets
""",
        starts="""
## Cold starts

A process from start to first reply, outside of a virtual environment, with byte code that needs no check. All have \
the same wheels of pydantic. The function instance of `s.yaml` has a third of a core, so a wait is about three times \
the CPU time here.

- `bare`: JSON in, one comparison, JSON out.
- `pydantic`: one model by hand, one line of log.
- `pydantic, no plugins`: the same, with what [`dataworks-ext package`](package.md#what-is-excluded) changes in a \
package: pydantic does not look for plugins.
- `powertools`: the parser of Powertools for AWS Lambda with that model, and its Logger with one line.
- The others are packages of this framework: the example's `downloads` (for a callback `workspaces`), its six packs, \
and every pack in `policies/`. A callback replies through the OpenAPI, on loopback.
""",
        warm="""
## Warm messages

All write their log or record, flushed, to nowhere. `bare` and `cedarpy` write none and keep no deadline. `powertools` \
reads the same event class, has three functions for policies, and logs a line with the same fields.
""",
        turns="\nOne after one of another, so that the caches are cold:\n",
        parts="""
## Where the time of a warm message goes

What every message needs, by itself. The rest is the framework: its reasons with their times, what policies share, and \
the calls from one to the next (`benchmarks/budget.toml` counts them, and CI holds the number). Each further policy \
takes an entry under the alarm, a context, two times, a reason, and its share of the record.
""",
        waiting="\n## Many at once\n\nMessages whose policy waits 20 ms, all at the same time:\n",
        sizes="""
## Large payloads

SQL of so many KB in a download. A line fits with R² = {fit:.3f}; its slope is {kilobyte:.2f} µs a KB.
""",
        memory="\n## Memory\n\nWhat the process holds:\n",
        chart="Cold starts, in milliseconds of CPU time",
        chart_file="performance.svg",
        quartiles="{low} to {high}",
        names={"0 policies": "no policies"},
    ),
    "zh": Texts(
        head="""\
# 性能

本页由 `make bench` 生成。全部项目在同一次运行中轮流测量；机器快慢不同，请比较比值。\
比值是各轮比值的中位数，后面是四分位数。

本次运行：Python {python}，{cores} 核，{seconds:.0f} 秒。

![{chart}](../assets/{chart_file})

## 目标
""",
        starts="""
## 冷启动

从进程启动到第一次答复，不使用虚拟环境，字节码无需校验。\
各项使用相同的 pydantic wheel。`s.yaml` 的函数实例只有三分之一个核，实际等待时间约为这里 CPU 时间的三倍。

- `bare`：读入 JSON，比较一次，输出 JSON。
- `pydantic`：手写一个模型，输出一行日志。
- `pydantic，不查找插件`：同上，并采用 [`dataworks-ext package`](package.md#排除的内容) 对部署包的修改：\
pydantic 不查找插件。
- `powertools`：Powertools for AWS Lambda 的解析器使用同一模型，其 Logger 输出一行日志。
- 其余是本框架的部署包：示例中的 `downloads`（回调时为 `workspaces`）、示例的六个策略包，以及 `policies/` 中的\
全部策略包。“回调”指经回环地址通过 OpenAPI 返回检查结果。
""",
        warm="""
## 热启动

各项的日志或记录都立即刷新，写入后丢弃。`bare` 和 `cedarpy` 不写日志，也没有截止时间。`powertools` 使用相同的事件类，\
以三个函数作为策略，并输出一行字段相同的日志。
""",
        turns="\n各项轮流处理一条消息，此时 CPU 缓存是冷的：\n",
        parts="""
## 热启动时一条消息的时间花在哪里

每条消息必需的步骤，单独测量。其余是框架的开销：理由及其耗时、策略共用的内容，以及各步骤之间的函数调用\
（调用次数由 `benchmarks/budget.toml` 统计，并由 CI 保证）。\
每多一条策略，就多一次计时保护、一个上下文、两次取时间、一条理由，以及记录中的一段。
""",
        waiting="\n## 并发\n\n多条消息同时到达，每条消息的策略等待 20 毫秒：\n",
        sizes="""
## 大消息体

下载事件中的 SQL 为不同大小（KB）。线性拟合 R² = {fit:.3f}，斜率为每 KB {kilobyte:.2f} µs。
""",
        memory="\n## 内存\n\n进程占用的内存：\n",
        chart="冷启动的 CPU 时间（毫秒）",
        chart_file="performance-zh.svg",
        quartiles="{low} 至 {high}",
        names={
            "What": "项目",
            "At most": "上限",
            "Measured": "实测",
            "Quartiles": "四分位数",
            "CPU": "CPU 时间",
            "Against pydantic": "与 pydantic 之比",
            "Wall": "实际时间",
            "In a tight loop": "连续处理",
            "In turns": "轮流处理",
            "Median": "中位数",
            "Against bare": "与 bare 之比",
            "Part": "步骤",
            "Until all are answered": "全部答复所需时间",
            "Against one": "与一条之比",
            "Messages": "消息数",
            "Memory": "内存",
            "met": "达标",
            "**missed**": "**未达标**",
            "start, one pack, against pydantic with one model (CPU)": "启动，一个策略包，与 pydantic 之比（CPU 时间）",
            "start, six packs, the same": "启动，六个策略包，同上",
            "start, one pack, against Powertools (wall)": "启动，一个策略包，与 Powertools 之比（实际时间）",
            "warm, 3 policies and the record, against bare": "热启动，3 条策略和记录，与 bare 之比",
            "the same against Powertools": "同上，与 Powertools 之比",
            "the same against cedarpy": "同上，与 cedarpy 之比",
            "500 policies on other events, against none": "另有 500 条策略处理其他事件，与没有之比",
            "64 waiting messages at once, against one": "64 条等待中的消息同时处理，与一条之比",
            "memory after 1,000,000 messages, against 10,000": "处理 1,000,000 条消息后的内存，与 10,000 条之比",
            "each KB of payload": "消息体每 KB",
            "each further policy, of 200": "每增加一条策略（共 200 条）",
            "pydantic, no plugins": "pydantic，不查找插件",
            "one pack": "一个策略包",
            "six packs": "六个策略包",
            "every pack": "全部策略包",
            "one pack, callback": "一个策略包，回调",
            "every pack, callback": "全部策略包，回调",
            "0 policies": "没有策略",
            "3 policies": "3 条策略",
            "20 policies": "20 条策略",
            "200 policies": "200 条策略",
            "3 policies, 500 on other events": "3 条策略，另有 500 条处理其他事件",
            "parse the JSON": "解析 JSON",
            "the same with `json`": "同上，使用 `json`",
            "read the event": "读取事件",
            "set an alarm, run under it, clear it": "设置定时信号、执行、清除",
            "write the record as JSON": "把记录写成 JSON",
            "write and flush the line": "写出一行并刷新",
            "1 message": "1 条消息",
            "8 messages": "8 条消息",
            "64 messages": "64 条消息",
            "64 threads that only wait": "64 个只等待的线程",
        },
    ),
}

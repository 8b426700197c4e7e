"""Mermaid as SVG, drawn when the site is built: by Pele in QuickJS, which needs neither a browser nor the network."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_SIZE: Final = re.compile(r'<svg ([^>]*?)viewBox="0 0 (\S+) (\S+)" width="\S+" height="\S+" style="[^"]*"')

_COLOURS: Final = {
    "#333333": "text",
    "#666666": "line",
    "#ECECFF": "node",
    "#9370DB": "border",
    "#FFFFFF": "background",
    "#FFFFDE": "group",
}
"""What Mermaid's default theme draws with, and what `site.css` calls it."""


@cache
def draw(source: str) -> str:
    """The diagram as HTML. It takes its colours from the page, so that it suits a light and a dark one."""
    from mermaid_render import mermaid_to_svg

    drawn = mermaid_to_svg(source, theme="default")
    svg = drawn.decode() if isinstance(drawn, bytes) else drawn
    svg, count = _SIZE.subn(r'<svg \1viewBox="0 0 \2 \3" style="width: min(\2px, max(100%, 0.6 * \2px))"', svg, count=1)
    if not count:
        raise ValueError(f"a diagram is drawn otherwise than expected; it begins {svg[:200]!r}")
    for colour, name in _COLOURS.items():
        svg = svg.replace(f'"{colour}"', f'"var(--diagram-{name})"')
    return f'<div class="diagram">{svg}</div>'

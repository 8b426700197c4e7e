"""Mermaid as SVG, drawn when the site is built: by Pele in QuickJS, which needs neither a browser nor the network."""

from __future__ import annotations

import re
from functools import lru_cache

_SIZE = re.compile(r'<svg ([^>]*?)viewBox="0 0 (\S+) (\S+)" width="\S+" height="\S+" style="[^"]*"')


@lru_cache(maxsize=None)
def draw(source: str) -> str:
    """The diagram as HTML. It takes its colours from the page, so that it suits a light and a dark one."""
    from mermaid_render import mermaid_to_svg

    drawn = mermaid_to_svg(source, theme="default")
    svg = drawn.decode() if isinstance(drawn, bytes) else drawn
    svg, count = _SIZE.subn(r'<svg \1viewBox="0 0 \2 \3" style="width: min(\2px, 100%)"', svg, count=1)
    if not count:
        raise ValueError(f"a diagram is drawn otherwise than expected; it begins {svg[:200]!r}")
    return f'<div class="diagram">{svg}</div>'

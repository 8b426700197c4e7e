"""How many examples a property gets where those of the profile do not suit it. `conftest.py` has the profiles."""

from __future__ import annotations

from typing import Final

from hypothesis import settings

_EXAMPLES: Final = settings().max_examples

FEW: Final = settings(max_examples=max(1, _EXAMPLES // 20))
"""For a property that is parametrized with every event: together they have many."""
SLOW: Final = settings(max_examples=max(1, _EXAMPLES // 4))
"""For a property whose examples take a server each, or years of a calendar."""
MANY: Final = settings(max_examples=_EXAMPLES * 10)
"""For a property as wide as the decision rules."""

"""A process from start to first reply that imports pydantic and structlog and has one model, written by hand."""

import sys

sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would import it; a deployed function has none

from by_hand import handler  # noqa: E402
from messages import CONTEXT, DOWNLOAD  # noqa: E402

handler(DOWNLOAD, CONTEXT)

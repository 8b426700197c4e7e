"""A process from start to first reply, with the example extension."""

import sys

sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would import it; a deployed function has none

from dataworks_ext.function import handler, initializer  # noqa: E402
from messages import CONTEXT, DOWNLOAD  # noqa: E402

initializer(CONTEXT)
handler(DOWNLOAD, CONTEXT)

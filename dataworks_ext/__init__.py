"""Policies for Alibaba Cloud DataWorks: small Python functions that allow, warn or deny before an operation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._on_demand import names_on_demand

if TYPE_CHECKING:
    from .context import PolicyContext as PolicyContext
    from .context import Request as Request
    from .decision import Decision as Decision
    from .decision import Outcome as Outcome
    from .decision import Reason as Reason
    from .decision import Verdict as Verdict
    from .decision import allow as allow
    from .decision import deny as deny
    from .decision import warn as warn
    from .errors import ExtensionError as ExtensionError
    from .errors import RegistrationError as RegistrationError
    from .exemption import Exemption as Exemption
    from .extension import Extension as Extension
    from .pack import PolicyPack as PolicyPack

__version__ = "0.1.0"

# pytest imports this package in every run, for its plugin, so names are imported at first use
_load, __dir__ = names_on_demand(
    globals(),
    {
        "context": "PolicyContext Request",
        "decision": "Decision Outcome Reason Verdict allow deny warn",
        "errors": "ExtensionError RegistrationError",
        "exemption": "Exemption",
        "extension": "Extension",
        "pack": "PolicyPack",
    },
)
if not TYPE_CHECKING:  # only the names above exist for type checkers
    __getattr__ = _load

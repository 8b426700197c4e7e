"""Policies for Alibaba Cloud DataWorks: small Python functions that allow, warn or deny before an operation."""

from __future__ import annotations

from .context import PolicyContext as PolicyContext
from .decision import Decision as Decision
from .decision import Outcome as Outcome
from .decision import Reason as Reason
from .decision import Verdict as Verdict
from .decision import allow as allow
from .decision import deny as deny
from .decision import warn as warn
from .errors import ExtensionError as ExtensionError
from .errors import RegistrationError as RegistrationError
from .extension import Extension as Extension
from .policy import PolicyPack as PolicyPack

__version__ = "0.1.0"

"""The base of the framework's own exceptions, and those of registration, settings and policies.

Each is named `…Error` and derives from `ExtensionError`. Their texts hold no payload and no secret, so that a record
may repeat them.
"""

from __future__ import annotations


class ExtensionError(Exception):
    """The base of all errors that the framework finds and names."""


class RegistrationError(ExtensionError):
    """A policy, observer, pack or extension is not valid. The text says what to write instead."""


class SettingsError(ExtensionError):
    """The settings of a pack cannot be read from the environment. The text names the variables, not their values."""


class PolicyError(ExtensionError):
    """A policy took too long, or returned an invalid value."""


class FieldError(ExtensionError):
    """A field of an event is missing from its payload or garbled. The text names the field on the wire.

    It is no `AttributeError`, so that `getattr(event, "sql_text", None)` and `hasattr` do not hide it.
    """

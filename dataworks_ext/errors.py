"""The framework's own exceptions. Their texts hold no payload, so that a record may repeat them."""

from __future__ import annotations


class ExtensionError(Exception):
    """Something that the framework found and can name."""


class RegistrationError(ExtensionError):
    """A policy, observer, pack or extension that cannot be. The text says what to write instead."""


class SettingsError(ExtensionError):
    """Settings of a pack that cannot be read from the environment. The text names the variables, not their values."""


class PolicyError(ExtensionError):
    """A policy that broke a rule of the framework: it took too long, or returned what is no outcome."""


class FieldError(ExtensionError):
    """A look at a field of an event that its payload lacks or garbles. The text names the field on the wire.

    It is no `AttributeError`, so that `getattr(event, "sql_text", None)` and `hasattr` do not hide it.
    """

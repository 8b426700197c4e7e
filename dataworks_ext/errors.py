"""The framework's own exceptions. Their texts contain no payload, so that records may include them."""

from __future__ import annotations


class ExtensionError(Exception):
    """Base of the framework's own errors."""


class RegistrationError(ExtensionError):
    """An invalid policy, observer, pack or extension. The text says what to write instead."""


class SettingsError(ExtensionError):
    """Invalid settings of a pack in the environment. The text names the variables, not their values."""


class PolicyError(ExtensionError):
    """A policy that broke a rule of the framework: it ran too long, or returned an invalid value."""

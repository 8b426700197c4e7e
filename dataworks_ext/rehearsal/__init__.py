"""The archive put to an extension that is not deployed yet: whom it would stop, and what it changes."""

"""The package of a function, its deployment, and checks before it."""

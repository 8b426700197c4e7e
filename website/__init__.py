"""The documentation site: what is generated from the code, and how `docs/` becomes `site/`."""

"""Case files: what happens and what should come of it, in YAML, for people who write no Python."""

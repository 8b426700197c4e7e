"""The archive: what came, what was decided and what was looked up, as objects in object storage."""

"""Calls to DataWorks, against a local one and against the official SDK."""

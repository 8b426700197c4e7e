"""The list of fields says what the classes of events say."""

from __future__ import annotations

from dataworks_ext.events import Event, catalog, event_class
from dataworks_ext.events.field_names import FIELD_NAMES
from dataworks_ext.rehearsal.watched import _sources_of
from dataworks_ext.testing.samples import sample_payload


def test_it_has_the_names_of_all_classes_and_no_others() -> None:
    classes = {form for code in catalog for form in (event_class(code), *event_class(code).forms)} | {Event}
    found = {name for one in classes for _, names in _sources_of(one) for name in names if "_" not in name}
    assert sorted(FIELD_NAMES) == sorted(found)


def test_it_has_the_names_of_all_samples() -> None:
    assert {name for code in catalog for name in sample_payload(code)} <= set(FIELD_NAMES)

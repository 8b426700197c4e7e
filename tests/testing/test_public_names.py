"""What the kit says is public."""

from __future__ import annotations

from types import ModuleType

from dataworks_ext import testing

_MACHINERY = {"TYPE_CHECKING", "annotations", "names_on_demand"}


def test_every_name_that_can_be_imported_is_public_and_the_other_way_round() -> None:
    names = {name for name in dir(testing) if not name.startswith("_")} - _MACHINERY
    assert {name for name in names if not isinstance(getattr(testing, name), ModuleType)} == set(testing.__all__)

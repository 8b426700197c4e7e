"""Words and codes of the events of Security Center."""

from __future__ import annotations

from .base import Code, Word


class AssignmentCategory(Word):
    """What kind of thing a permission is requested for."""

    MAXCOMPUTE = "MaxCompute"
    DATASERVICE = "DataService"
    DATASTUDIO = "DataStudio"


class AccountType(Code):
    """What kind of account gets a permission: `granteeTypeSub`."""

    ACCOUNT_PRD = 101
    """The account that runs nodes in production."""
    ACCOUNT_APP = 102
    """An application's."""
    ACCOUNT_USER = 103
    """The person's own."""
    ACCOUNT_DEPT = 104
    """A department's."""
    ACCOUNT_OTHER_USER = 105
    """Another person's."""
    ACCOUNT_MOCK = 106
    """A mock account."""


class DataServiceType(Code):
    """What kind of thing DataService offers: `type`."""

    API = 1
    FUNCTION = 2
    SERVICE_ORCHESTRATION = 3


class DeadlineType(Word):
    """The unit in which a request counts its validity."""

    DAY = "day"
    MONTH = "month"

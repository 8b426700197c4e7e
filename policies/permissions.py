"""For how long permissions may be requested."""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel, PositiveInt

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.errors import PolicyError
from dataworks_ext.events import ApprovalChangeBeforeCreate, DeadlineType, PermissionRequest
from dataworks_ext.wording import counted

_DAYS: Final[dict[DeadlineType | str, int]] = {DeadlineType.DAY: 1, DeadlineType.MONTH: 31}


class PermissionSettings(BaseModel, defer_build=True):
    max_validity_days: PositiveInt | None = None
    """Days for which a permission may be requested; a month counts as 31."""


permissions = PolicyPack("permissions", settings=PermissionSettings)
Context = PolicyContext[PermissionSettings]


@permissions.policy(ApprovalChangeBeforeCreate, needs="max_validity_days")
def validity(event: ApprovalChangeBeforeCreate, context: Context) -> Outcome | None:
    """Nobody requests a permission for longer than the limit."""
    limit = context.settings.max_validity_days
    days = _validity_days(event.order)
    if limit is not None and days > limit:
        return deny(
            f"Permissions are limited to {counted(limit, 'day')}; this one would last {days:,}, a month counted as 31. "
            "Request a shorter time.",
            zh=f"权限有效期不得超过 {limit:,} 天，本次申请为 {days:,} 天（一个月按 31 天计算），请缩短有效期。",
        )
    return None


def _validity_days(order: PermissionRequest) -> int:
    """Days for which the permission is requested. Raises `PolicyError` if the request does not say."""
    unit = _DAYS.get(order.deadline_type)
    if unit is None:
        raise PolicyError("the request counts its validity in a unit that is neither days nor months")
    if order.deadline_date < 1:
        raise PolicyError("the request's validity is no number of days or months above 0")
    return order.deadline_date * unit

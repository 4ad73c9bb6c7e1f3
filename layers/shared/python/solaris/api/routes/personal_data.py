"""One person's data, for the person who asks what is on record (LGPD art. 18, GDPR art. 15)."""

from typing import TYPE_CHECKING

from solaris.api.operations import Access, Call, operation
from solaris.api.routes.users import TAG
from solaris.api.schemas.personal_data import PersonalDataOut, whole
from solaris.api.schemas.users import UserId

if TYPE_CHECKING:
    from solaris.wiring import Wiring

# of each list; a record is some 700 bytes, and Lambda answers with 6 MB at most
MAX_ROWS = 2_000


@operation(
    "GET",
    "/admin/users/{user_id}/personal-data",
    access=Access.ADMIN,
    tag=TAG,
    name="getPersonalData",
    summary="All that is on record about one person",
)
def get_personal_data(parts: "Wiring", call: Call, *, user_id: UserId) -> PersonalDataOut:
    """The newest 2,000 rows of each list; `leftOut` names those that hold more.

    Whole: `solaris users export-data`. That it was read is in the audit log.
    """
    data = parts.personal_data.read(user_id, call.as_actor, most=MAX_ROWS)
    return whole(data, parts.settings.threshold_rule, parts.settings.exchange)

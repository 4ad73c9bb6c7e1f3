"""One person's data, for the person who asks what is on record (LGPD art. 18, GDPR art. 15)."""

from typing import TYPE_CHECKING

from solaris.accounts.personal_data_schemas import PersonalDataOut, whole
from solaris.accounts.routes import TAG
from solaris.accounts.schemas import UserId
from solaris.platform.access import ADMINS, Access
from solaris.platform.web.operations import Call, operation
from solaris.quota.policy import threshold_rule_of

if TYPE_CHECKING:
    from solaris.accounts.parts import AccountsParts

# of each list; a record is some 700 bytes, and Lambda answers with 6 MB at most
MAX_ROWS = 2_000


@operation(
    "GET",
    "/admin/users/{user_id}/personal-data",
    access=Access(ADMINS),
    tag=TAG,
    name="getPersonalData",
    summary="All that is on record about one person",
)
def get_personal_data(parts: "AccountsParts", call: Call, *, user_id: UserId) -> PersonalDataOut:
    """The newest 2,000 rows of each list; `leftOut` names those that hold more.

    Whole: `solaris users export-data`. That it was read is in the audit log.
    """
    data = parts.personal_data.read(user_id, call.as_actor, most=MAX_ROWS)
    return whole(data, threshold_rule_of(parts.platform.settings), parts.platform.settings.exchange)

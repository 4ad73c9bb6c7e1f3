"""The names of the events that channels can get. Pure.

| name | when | who it is about |
|---|---|---|
| `quota.warning` | a user has used the first threshold's share (ALERT_THRESHOLD) | the user |
| `quota.critical` | … the second one's (CRITICAL_THRESHOLD) | the user |
| `quota.blocked` | a quota is used up, or too little is left for a request | the user |
| `grant.ending` | a grant ends within a week, most of it unused | the user |
| `month.closed` | a month is closed, with its figures | the company |
| `ceiling.reached` | 80, 95 or 100 % of a monthly ceiling are used | a group, or the company |
| `group.month_closed` | a month is closed, with a group's figures | the group |
| `model.unpriced` | a model's weight should follow its price, and none is known | the company |
| `request.created` | a user asks for more tokens | the user |
| `request.decided` | … and somebody, the policy or a raise has decided | the user |
| `user.pending` | a first request made a user who waits for activation | the user |
| `key.expiring` | a key ends within 30, 7 or 1 days | its user, or nobody |
| `upstream.failing` | half of the last minutes' requests have failed upstream | the company |
| `books.differ` | a reconciliation has found differences | the company |
| `channel.test` | an admin has pressed "Test" | nobody |

Names are lasting: receivers match them. What comes later gets a name of its own here and its
sentence in words.py.
"""

from collections.abc import Mapping
from enum import StrEnum

from solaris.quota.thresholds import Threshold


class EventName(StrEnum):
    """What has happened."""

    QUOTA_WARNING = "quota.warning"
    QUOTA_CRITICAL = "quota.critical"
    QUOTA_BLOCKED = "quota.blocked"
    GRANT_ENDING = "grant.ending"
    MONTH_CLOSED = "month.closed"
    CEILING_REACHED = "ceiling.reached"
    GROUP_MONTH_CLOSED = "group.month_closed"
    MODEL_UNPRICED = "model.unpriced"
    REQUEST_CREATED = "request.created"
    REQUEST_DECIDED = "request.decided"
    USER_PENDING = "user.pending"
    KEY_EXPIRING = "key.expiring"
    UPSTREAM_FAILING = "upstream.failing"
    BOOKS_DIFFER = "books.differ"
    TEST = "channel.test"


CHOSEN = tuple(one for one in EventName if one is not EventName.TEST)
"""Those that a channel's filter names."""

OF_THRESHOLD: Mapping[Threshold, EventName] = {
    Threshold.WARNING: EventName.QUOTA_WARNING,
    Threshold.CRITICAL: EventName.QUOTA_CRITICAL,
    Threshold.BLOCK: EventName.QUOTA_BLOCKED,
}

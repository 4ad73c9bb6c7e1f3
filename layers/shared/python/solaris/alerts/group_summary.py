"""The month of one group, for its managers and recipients. Pure."""

from dataclasses import dataclass

from solaris.alerts.alert import TopUser

GROUP_SUMMARY = "group_summary"
MAX_TOP_MEMBERS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupSummary:
    """What was used in a group in a closed month; `ceiling_tokens` is 0 where it has none.

    The sum is that of the requests that counted for the group then. `top` and `active_members` are
    of who is in the group now, each with the whole month.
    """

    group_id: str
    name: str
    period: str
    total_tokens: int
    cost_micros: int
    unpriced_requests: int = 0
    ceiling_tokens: int = 0
    active_members: int = 0
    top: tuple[TopUser, ...] = ()
    to: tuple[str, ...] = ()

    @property
    def alert_id(self) -> str:
        """One summary a group and period."""
        return f"{GROUP_SUMMARY}#{self.period}#{self.group_id}"

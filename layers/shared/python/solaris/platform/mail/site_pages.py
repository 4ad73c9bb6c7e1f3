"""Where in the admins' site a mail leads. Pure; the routes are admin_site/src/app/router.tsx's.

A value of the query is JSON, as the site reads it: a group named 123 is looked for as a text.
"""

import json
from calendar import monthrange
from urllib.parse import quote

SITE_PATH = "/admin"


class SitePages:
    """Addresses of pages; `site` is the address of the system."""

    def __init__(self, site: str) -> None:
        self._site = site.rstrip("/") + SITE_PATH

    def user(self, user_id: str) -> str:
        """The page of one user."""
        return f"{self._site}/users/{quote(user_id, safe='')}"

    def report(self, period: str) -> str:
        """The report of a month by user."""
        year, month = map(int, period.split("-"))
        last = monthrange(year, month)[1]
        return f"{self._site}/reports?range=own&from={period}-01&to={period}-{last}"

    def report_by_group(self, period: str) -> str:
        """The report of a month by group."""
        return f"{self.report(period)}&group=group"

    def report_of_group(self, period: str, group_id: str) -> str:
        """The report of a month by user, of one group alone."""
        return f"{self.report(period)}&groups={_json([group_id])}"

    def group(self, name: str) -> str:
        """The groups, of which that name is looked for: groups have no pages of their own."""
        return f"{self._site}/groups?search={_json(name)}"

    def token_request(self, user_id: str, request_id: str, decision: str | None = None) -> str:
        """One request for tokens; with a decision, the dialog that asks whether to make it."""
        found = f"{self._site}/requests?user={quote(user_id)}&request={quote(request_id)}"
        return found if decision is None else f"{found}&decision={decision}"

    def keys(self) -> str:
        """The keys."""
        return f"{self._site}/keys"

    def settings(self) -> str:
        """The settings, with how the system is."""
        return f"{self._site}/settings"

    def channels(self) -> str:
        """The channels."""
        return f"{self._site}/channels"


def _json(value: object) -> str:
    return quote(json.dumps(value, ensure_ascii=False, separators=(",", ":")), safe="")

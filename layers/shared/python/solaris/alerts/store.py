"""The alerts table: one record an alert, and one claim at a time on each of its mails.

A timeline, to read the conditions by:

    three copies   put if absent ─► one record, mails pending
    each copy      claim: pending | failed | sending with its lease over ─► sending, my lease
    one wins       sends, then marks `sent` under its own lease
    the others     see `sending` (delivered again later) or `sent` (done)
    a crash after sending, before marking: the lease ends, the next delivery sends a second time;
                   a mail twice is better than never, and its Message-ID is the same
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from solaris.alerts.alert import (
    ALERT_DAYS,
    LEASE,
    MAX_ERROR_CHARACTERS,
    SYSTEM,
    Alert,
    AlertType,
    Audience,
    MailState,
    ResolvedWhy,
    UsageFigures,
)
from solaris.platform.aws.client import (
    CANCELLED,
    CONDITION_FAILED,
    AwsCallError,
    WriteConflictError,
    store_errors,
)
from solaris.platform.aws.items import Action, Item, number, text
from solaris.platform.instants import iso_milliseconds, parse_instant
from solaris.platform.leases import free_values, held_until, is_free
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Enforcement

# two actions each, of the hundred that a transaction may have
MAX_RESOLVED_TOGETHER = 25

_IS_OPEN = "attribute_exists(alert_id) AND attribute_not_exists(resolved_at)"

# the attributes of each mail
_PREFIX = {Audience.USER: "mail", Audience.ADMINS: "admin_mail"}


@dataclass(frozen=True, slots=True)
class Claim:
    """`lease` is set when the caller is the one to send; else `state` says how the mail is."""

    state: MailState
    lease: str | None = None


@dataclass(frozen=True, slots=True)
class Resolution:
    """An alert to be marked as resolved, and the put of its audit row (audit/store.py)."""

    alert_id: str
    audit: Action


class AlertStore:
    """Alerts in one table; `client` is a boto3 DynamoDB client."""

    def __init__(self, client: Any, *, alerts_table: str, periods_table: str) -> None:
        self._client = client
        self._alerts = alerts_table
        self._periods = periods_table

    def put_new(self, alert: Alert) -> bool:
        """Write an alert; False if it is on record already (nothing is changed then)."""
        try:
            with store_errors():
                self._client.put_item(
                    TableName=self._alerts,
                    Item=_to_item(alert),
                    ConditionExpression="attribute_not_exists(alert_id)",
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True

    def get(self, alert_id: str) -> Alert | None:
        """Read one alert, strongly consistent; None if there is none."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._alerts, Key={"alert_id": text(alert_id)}, ConsistentRead=True
            )
        item = answer.get("Item")
        return alert_from_item(item) if item else None

    def closed_figures(self, user_id: str, period: str) -> UsageFigures | None:
        """A user's closed month; None if it is not closed."""
        with store_errors():
            answer = self._client.get_item(
                TableName=self._periods,
                Key={"user_id": text(user_id), "period": text(period)},
                ConsistentRead=True,
            )
        item = answer.get("Item")
        return _figures(item) if item else None

    def claim(self, alert_id: str, audience: Audience, now: datetime) -> Claim:
        """Take the sending of one mail for a while, unless it is done or somebody else's."""
        lease = uuid.uuid4().hex
        try:
            self._update(
                alert_id,
                audience,
                "SET #state = :sending, #lease = :lease, #until = :until ADD #attempts :one",
                # nobody has sent it, and nobody is about to
                f"#state IN (:pending, :failed) OR (#state = :sending AND {is_free('#until')})",
                {
                    ":sending": text(MailState.SENDING),
                    ":pending": text(MailState.PENDING),
                    ":failed": text(MailState.FAILED),
                    ":lease": text(lease),
                    ":until": held_until(now, LEASE),
                    ":one": number(1),
                    **free_values(now, LEASE),
                },
            )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED or not error.item:
                raise
            return Claim(MailState(error.item[f"{_PREFIX[audience]}_state"]["S"]))
        return Claim(MailState.SENDING, lease)

    def mark(
        self,
        alert_id: str,
        audience: Audience,
        lease: str,
        state: MailState,
        error_text: str | None = None,
    ) -> bool:
        """Write how the claimed mail went; False when the lease was taken over meanwhile."""
        values = {":state": text(state), ":lease": text(lease)}
        update = "SET #state = :state REMOVE #lease, #until"
        if error_text is None:
            update += ", #error"
        else:
            update = "SET #state = :state, #error = :error REMOVE #lease, #until"
            values[":error"] = text(error_text[:MAX_ERROR_CHARACTERS])
        try:
            self._update(alert_id, audience, update, "#lease = :lease", values)
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True

    def revive(self, alert: Alert, crossed_at: datetime) -> bool:
        """Make a skipped alert due again: its threshold was crossed anew after it was skipped.

        A late copy of the message that was skipped is older than the record and changes nothing.
        """
        fresh = _to_item(alert)
        try:
            with store_errors():
                self._client.put_item(
                    TableName=self._alerts,
                    Item=fresh,
                    ConditionExpression="mail_state = :skipped AND created_at < :crossed",
                    ExpressionAttributeValues={
                        ":skipped": text(MailState.SKIPPED),
                        ":crossed": text(iso_milliseconds(crossed_at)),
                    },
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True

    def rewrite(self, alert_id: str, message: str) -> None:
        """Put another message in place of an alert's; one that is gone (TTL) stays gone."""
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._alerts,
                    Key={"alert_id": text(alert_id)},
                    UpdateExpression="SET message = :message",
                    ConditionExpression="attribute_exists(alert_id)",
                    ExpressionAttributeValues={":message": text(message)},
                )
        except AwsCallError as error:
            if error.aws_code != CONDITION_FAILED:
                raise

    def resolve(
        self, resolutions: Sequence[Resolution], resolved_at: datetime, resolved_by: str
    ) -> set[str]:
        """Mark open alerts as resolved, each with its audit row; return the ids of those marked.

        At most 25 at once. Nothing else of an alert is touched: its mails, and the user's
        warning flags, go their own way. What is unknown or resolved already is left out.
        """
        values = {":at": text(iso_milliseconds(resolved_at)), ":by": text(resolved_by)}
        actions = []
        for one in resolutions[:MAX_RESOLVED_TOGETHER]:
            update = {
                "TableName": self._alerts,
                "Key": {"alert_id": text(one.alert_id)},
                "UpdateExpression": "SET resolved_at = :at, resolved_by = :by",
                # whoever came first stays on record, and no alert is made by resolving it
                "ConditionExpression": _IS_OPEN,
                "ExpressionAttributeValues": values,
            }
            actions += [{"Update": update}, one.audit]
        if not actions:
            return set()
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=actions)
        except AwsCallError as error:
            if error.aws_code != CANCELLED:
                raise
            if len(resolutions) == 1:
                if "TransactionConflict" in error.reasons:
                    raise WriteConflictError(str(error)) from error
                return set()
            # one of them was somebody else's, or in somebody's hands: each on its own
            marked: set[str] = set()
            for one in resolutions:
                marked |= self.resolve([one], resolved_at, resolved_by)
            return marked
        return {one.alert_id for one in resolutions}

    def reopen(self, alert_id: str, audit: Action) -> bool:
        """Take back that a person has resolved an alert, with the audit row.

        False when it is open already, closed by the system, or there is none.
        """
        update = {
            "TableName": self._alerts,
            "Key": {"alert_id": text(alert_id)},
            "UpdateExpression": "REMOVE resolved_at, resolved_by",
            "ConditionExpression": "attribute_exists(resolved_at) AND attribute_exists(resolved_by)"
            " AND attribute_not_exists(resolved_why) AND resolved_by <> :system",
            "ExpressionAttributeValues": {":system": text(SYSTEM)},
        }
        try:
            with store_errors():
                self._client.transact_write_items(TransactItems=[{"Update": update}, audit])
        except AwsCallError as error:
            if error.aws_code != CANCELLED:
                raise
            if "TransactionConflict" in error.reasons:
                raise WriteConflictError(str(error)) from error
            return False
        return True

    def close(self, alert_id: str, resolved_at: datetime, why: ResolvedWhy) -> bool:
        """Mark an open alert as resolved by the system; False when it is not open (any more).

        Whoever came first stays on record. Mails and warning flags go their own way.
        """
        try:
            with store_errors():
                self._client.update_item(
                    TableName=self._alerts,
                    Key={"alert_id": text(alert_id)},
                    UpdateExpression="SET resolved_at = :at, resolved_by = :by,"
                    " resolved_why = :why",
                    ConditionExpression=_IS_OPEN,
                    ExpressionAttributeValues={
                        ":at": text(iso_milliseconds(resolved_at)),
                        ":by": text(SYSTEM),
                        ":why": text(why),
                    },
                )
        except AwsCallError as error:
            if error.aws_code == CONDITION_FAILED:
                return False
            raise
        return True

    def _update(
        self, alert_id: str, audience: Audience, update: str, condition: str, values: Item
    ) -> None:
        names = {
            f"#{name}": f"{_PREFIX[audience]}_{name}"
            for name in ("state", "lease", "until", "attempts", "error")
        }
        used = {name: full for name, full in names.items() if name in update + condition}
        with store_errors():
            self._client.update_item(
                TableName=self._alerts,
                Key={"alert_id": text(alert_id)},
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeNames=used,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )


def _to_item(alert: Alert) -> Item:
    texts = {
        "alert_id": alert.alert_id,
        "type": alert.type.value,
        "title": alert.title,
        "message": alert.message,
        "user_id": alert.user_id,
        "group_id": alert.group_id,
        "period": alert.period,
        "threshold": alert.threshold.value if alert.threshold else None,
        "created_at": iso_milliseconds(alert.created_at),
        "resolved_at": iso_milliseconds(alert.resolved_at) if alert.resolved_at else None,
        "resolved_by": alert.resolved_by,
        "resolved_why": alert.resolved_why,
        "enforcement": alert.enforcement,
        "mail_state": alert.mails[Audience.USER].value,
        "admin_mail_state": alert.mails[Audience.ADMINS].value,
    }
    item: Item = {name: text(value) for name, value in texts.items() if value is not None}
    if alert.figures is not None:
        for name in ("current_usage", "monthly_limit", "additional_tokens", "block_ppm"):
            item[name] = number(getattr(alert.figures, name))
    item["expires_at"] = number(int(alert.created_at.timestamp()) + ALERT_DAYS * 86_400)
    return item


def alert_from_item(item: Mapping[str, Any]) -> Alert:
    """Read an alert's item."""
    optional = {name: value["S"] for name, value in item.items() if "S" in value}
    resolved_at = optional.get("resolved_at")
    threshold = optional.get("threshold")
    return Alert(
        alert_id=item["alert_id"]["S"],
        type=AlertType(item["type"]["S"]),
        title=item["title"]["S"],
        message=item["message"]["S"],
        user_id=optional.get("user_id"),
        group_id=optional.get("group_id"),
        period=item["period"]["S"],
        threshold=Threshold(threshold) if threshold else None,
        figures=_figures(item) if "monthly_limit" in item else None,
        created_at=parse_instant(item["created_at"]["S"]),
        resolved_at=parse_instant(resolved_at) if resolved_at else None,
        resolved_by=optional.get("resolved_by"),
        resolved_why=_why(optional.get("resolved_why")),
        enforcement=Enforcement(optional["enforcement"]) if "enforcement" in optional else None,
        mails={
            audience: MailState(item[f"{prefix}_state"]["S"])
            for audience, prefix in _PREFIX.items()
        },
        errors={
            audience: optional[f"{prefix}_error"]
            for audience, prefix in _PREFIX.items()
            if f"{prefix}_error" in optional
        },
    )


def _why(stored: str | None) -> ResolvedWhy | None:
    # one of a later version is as good as none
    return ResolvedWhy(stored) if stored in set(ResolvedWhy) else None


def _figures(item: Mapping[str, Any]) -> UsageFigures:
    names = ("current_usage", "monthly_limit", "additional_tokens", "block_ppm")
    return UsageFigures(**{name: int(item[name]["N"]) for name in names if name in item})

"""What an export request may say, and how its mistakes are named."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from solaris.alerts.alert import AlertType
from solaris.alerts.listing import AlertQuery
from solaris.directory.listing import UsageLevel, UserQuery
from solaris.exports.export import (
    Export,
    ExportFormat,
    ExportKind,
    ExportState,
    day_of_export,
    is_export_id,
    new_export_id,
)
from solaris.exports.exporter import AuditQuery, ExportOrder
from solaris.exports.schemas import ExportOut, ExportRequest
from solaris.ledger.figures import ReportFilters
from solaris.platform.web.problems import validation_failed
from solaris.quota.user import UserStatus

NOW = datetime(2026, 11, 22, 13, 5, 9, 123_456, tzinfo=UTC)
DAYS = {"from": "2026-11-01", "to": "2026-11-30"}
THIS_MONTH = ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 22))
START = "2026-11-01T00:00:00-03:00"


def order(body: dict[str, Any]) -> ExportOrder:
    return ExportRequest.model_validate(body).order("pt-BR", date(2026, 11, 22))


@pytest.mark.parametrize(
    ("body", "filters"),
    [
        (
            {"type": "usage", "filters": {**DAYS, "models": ["a"], "statuses": ["4xx"]}},
            ReportFilters(
                first_day=date(2026, 11, 1),
                last_day=date(2026, 11, 30),
                models=("a",),
                statuses=("4xx",),
            ),
        ),
        (
            {"type": "summary_by_day", "filters": DAYS},
            ReportFilters(first_day=date(2026, 11, 1), last_day=date(2026, 11, 30)),
        ),
        ({"type": "usage"}, THIS_MONTH),
        ({"type": "usage", "filters": {}}, THIS_MONTH),
        (
            {"type": "usage", "filters": {"from": "2026-10-20"}},
            ReportFilters(first_day=date(2026, 10, 20), last_day=date(2026, 11, 22)),
        ),
        (
            {"type": "usage", "filters": {"from": "2020-01-01"}},
            ReportFilters(first_day=date(2020, 1, 1), last_day=date(2021, 2, 3)),
        ),
        (
            {"type": "usage", "filters": {"to": "2026-10-20"}},
            ReportFilters(first_day=date(2026, 10, 1), last_day=date(2026, 10, 20)),
        ),
        ({"type": "users"}, UserQuery()),
        (
            {
                "type": "users",
                "filters": {"dateRange": {"start": "2026-11-01", "end": "2026-11-30"}},
            },
            UserQuery(
                created_from=datetime(2026, 11, 1, tzinfo=UTC),
                created_to=datetime(2026, 12, 1, tzinfo=UTC),
            ),
        ),
        (
            {
                "type": "users",
                "filters": {
                    "status": ["active"],
                    "usageLevel": ["critical"],
                    "dateRange": {"start": START},
                    "search": "ana",
                },
            },
            UserQuery(
                statuses=(UserStatus.ACTIVE,),
                levels=(UsageLevel.CRITICAL,),
                created_from=datetime(2026, 11, 1, 3, tzinfo=UTC),
                search="ana",
            ),
        ),
        (
            {"type": "alerts", "filters": {"type": ["critical"], "userId": "u", "from": START}},
            AlertQuery(
                types=(AlertType.CRITICAL,),
                user_id="u",
                created_from=datetime(2026, 11, 1, 3, tzinfo=UTC),
            ),
        ),
        (
            {"type": "audit", "filters": {"actor": "a", "to": START}},
            AuditQuery(actor="a", end=datetime(2026, 11, 1, 3, tzinfo=UTC)),
        ),
    ],
)
def test_every_kind_has_its_own_filters_and_survives_the_store(
    body: dict[str, Any], filters: object
) -> None:
    made = order({"format": "xlsx", **body})
    assert made.filters == filters
    assert (made.kind, made.form, made.locale) == (body["type"], ExportFormat.XLSX, "pt-BR")
    assert ExportOrder.from_json(made.to_json()) == made


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"format": "csv"}, "type", "union_tag_not_found"),
        ({"type": "all", "format": "csv"}, "type", "union_tag_invalid"),
        ({"type": "users", "format": "pdf"}, "format", "enum"),
        ({"type": "users", "format": "csv", "filters": DAYS}, "filters.from", "extra_forbidden"),
        (
            {"type": "usage", "format": "csv", "filters": {**DAYS, "to": "2026-10-01"}},
            "filters.to",
            "range_backwards",
        ),
        ({"type": "users", "format": "csv", "locale": "fr"}, "locale", "literal_error"),
    ],
)
def test_a_mistake_is_named_by_its_field(body: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        ExportRequest.model_validate(body)
    first = validation_failed(caught.value, "en").problems[0]
    assert first[:2] == (field, code)
    assert first[2]


def test_a_mistake_is_told_in_the_language_of_the_caller() -> None:
    with pytest.raises(ValidationError) as caught:
        ExportRequest.model_validate({"type": "users", "format": "csv", "filters": {"search": 5}})
    ((field, _, text),) = validation_failed(caught.value, "pt-BR").problems
    ((_, _, english),) = validation_failed(caught.value, "en").problems
    assert field == "filters.search"
    assert text != english


def test_an_export_id_sorts_by_time_and_names_its_day() -> None:
    export_id = new_export_id(NOW, "0123456789abcdef")
    assert export_id == "20261122T130509123-0123456789abcdef"
    assert is_export_id(export_id)
    assert day_of_export(export_id) == "2026-11-22"
    assert not is_export_id(export_id + "0")


@pytest.mark.parametrize(
    ("state", "done", "expected", "progress"),
    [
        (ExportState.QUEUED, 0, 10, 0.0),
        (ExportState.RUNNING, 5, 10, 0.5),
        (ExportState.RUNNING, 10, 10, 0.99),
        (ExportState.RUNNING, 20, 10, 0.99),
        (ExportState.RUNNING, 5, None, 0.0),
        (ExportState.RUNNING, 5, 0, 0.0),
        (ExportState.DONE, 0, 0, 1.0),
    ],
)
def test_progress_is_whole_when_the_file_is_there(
    state: ExportState, done: int, expected: int | None, progress: float
) -> None:
    export = Export(
        export_id=new_export_id(NOW, "0123456789abcdef"),
        requested_by="a",
        request=order({"type": "users", "format": "csv"}).to_json(),
        created_at=NOW,
        expires_at=NOW,
        state=state,
        rows_done=done,
        rows_expected=expected,
    )
    assert export.progress == progress
    shown = ExportOut.of(export, None).model_dump(mode="json", by_alias=True)
    assert (shown["progress"], shown["type"], shown["format"]) == (progress, "users", "csv")
    assert shown["createdAt"] == "2026-11-22T13:05:09.123Z"
    assert ExportKind(shown["type"]) is ExportKind.USERS

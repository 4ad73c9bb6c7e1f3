"""Exports on a real emulator: small ones at once, jobs with leases, sums that agree."""

import csv
import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import openpyxl
import pytest

from solaris.alerts.listing import AlertQuery
from solaris.audit.entry import AuditFilters
from solaris.directory.listing import UserQuery
from solaris.exports import export as limits
from solaris.exports import exporter as exporting
from solaris.exports.export import Export, ExportFormat, ExportKind, ExportState
from solaris.exports.exporter import ReadyFile
from solaris.exports.schemas import ExportRequest
from solaris.ledger.counters import SystemCounters
from solaris.ledger.figures import ReportFilters
from solaris.ledger.refusals import Refusals
from solaris.quota.usage import Outcome
from solaris.quota.user import user_id_for
from solaris.reports.group_days import GroupDays
from solaris.reports.statistics import Statistics
from solaris.reports.system_days import SystemDays
from tests.integration.accounts.users_support import Api
from tests.integration.conftest import ANA, NOON, MoneyPath
from tests.integration.exports.exports_support import (
    BOSS,
    NOVEMBER,
    Exports,
    model_rows,
    order,
    queued,
)

BEA = "bea@example.com"


@pytest.fixture
def exports(money: MoneyPath) -> Exports:
    # the links' clock is the real one, and so is that of the emulator
    money.clock.now = datetime.now(UTC)
    return Exports.of(money)


def book(money: MoneyPath) -> None:
    """Two people, two models, an upstream error, and a record of another month."""
    money.clock.now = NOON
    for email in (ANA, BEA):
        money.put_user(email, name="=cmd()" if email == BEA else "Ana")
    money.record(
        money.event(None, ANA, prompt=1_234, completion=567),
        money.event(None, BEA, prompt=89, completion=11, model="gpt-4o"),
        money.event(None, BEA, prompt=1, completion=1, endpoint="/v1/responses"),
        money.event(None, ANA, outcome=Outcome.RELEASED),
    )
    assert len(money.rows("usage")) == 4


def at_once(exports: Exports, kind: ExportKind, form: ExportFormat, **changes: Any) -> bytes:
    wanted = replace(order(kind, form), **changes)
    ready = exports.jobs.export(wanted, BOSS)
    assert isinstance(ready, ReadyFile)
    return ready.content


def columns(data: bytes) -> dict[str, list[Any]]:
    """The columns of an XLSX by their titles, the totals row last."""
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert sheet is not None
    return {str(one[0].value): [cell.value for cell in one[1:]] for one in sheet.columns}


def test_the_sums_of_an_xlsx_are_those_of_the_statistics_to_the_token(
    money: MoneyPath,
) -> None:
    book(money)
    exports = Exports.of(money)
    parts = money.parts
    counters = SystemCounters(parts.platform.dynamodb, parts.settings.table_name("counters"))
    stats = Statistics(
        settings=parts.settings,
        days=SystemDays(counters, parts.settings.zone, money.clock),
        groups=GroupDays(parts.ledger.group_counters, parts.settings.zone, money.clock),
        counters=parts.ledger.user_counters,
        refusals=parts.ledger.refusal_days,
        users=parts.quota.users,
        directory=exports.directory,
        clock=money.clock,
    ).system()
    assert stats.month.charged_tokens == 1_234 + 567 + 89 + 11 + 1 + 1
    for kind in (ExportKind.USAGE, *limits.GROUPS):
        found = columns(at_once(exports, kind, ExportFormat.XLSX))
        *tokens, total = found["Tokens cobrados"]
        assert sum(tokens) == total == stats.month.charged_tokens
        *costs, cost = found["Custo (USD)"]
        assert round(sum(costs) * 1e9) == round(cost * 1e9) == stats.month.total_cost
        if kind is not ExportKind.USAGE:
            assert found["Requisições"][-1] == stats.month.requests == 4


def test_a_book_by_group_has_the_sums_and_a_sheet_for_each(money: MoneyPath) -> None:
    book(money)
    store = money.parts.quota.groups
    store.write(
        store.read(), {"dddddddddddd": {"name": "Compras"}}, changed_by="test", now=money.clock()
    )
    for group_id, tokens in (("aaaaaaaaaaaa", 500), ("bbbbbbbbbbbb", 30), ("cccccccccccc", 1)):
        assert not money.record(money.event(None, BEA, prompt=tokens, group_id=group_id))
    exports = Exports.of(money)
    data = at_once(exports, ExportKind.BY_GROUP, ExportFormat.XLSX)
    sheets = openpyxl.load_workbook(io.BytesIO(data))
    assert sheets.sheetnames == [
        *("Resumo por grupo", "VENDAS Sul antigo", "Vendas", "cccccccccccc", "Sem grupo")
    ]
    sums = columns(data)
    # in the order of the ids; that of who was in none is "-"
    assert sums["Grupo"] == ["Sem grupo", "Vendas", "VENDAS/Sul [antigo]", "cccccccccccc", "Total"]
    assert sums["Centro de custo"] == [None, "CC-1", None, None, None]
    assert sums["Tokens cobrados"] == [1_903, 500, 30, 1, 2_434]
    for name, charged in (("Vendas", [500, 500]), ("Sem grupo", [1_801, 102, 1_903])):
        cells = list(sheets[name].iter_cols(values_only=True))
        found = {str(column[0]): list(column[1:]) for column in cells}
        assert found["Tokens cobrados"] == charged
        assert found["E-mail"][-1] == "Total"
    assert json.loads(at_once(exports, ExportKind.BY_GROUP, ExportFormat.JSON))[1] == {
        "groupName": "Vendas",
        "groupId": "aaaaaaaaaaaa",
        "costCenter": "CC-1",
        "requests": 1,
        "errors": 0,
        "promptTokens": 500,
        "completionTokens": 0,
        "cachedTokens": 0,
        "tokens": 500,
        "cost": 0.000075,
        "unpricedRequests": 0,
    }
    rows = json.loads(at_once(exports, ExportKind.USAGE, ExportFormat.JSON))
    assert {row["groupName"] for row in rows} == {
        *("Sem grupo", "Vendas", "VENDAS/Sul [antigo]", "cccccccccccc")
    }


def test_keys_are_exported_by_name(money: MoneyPath) -> None:
    book(money)
    assert not money.record(money.event(None, ANA, prompt=7, key_id="key_1"))
    rows = json.loads(at_once(Exports.of(money), ExportKind.BY_KEY, ExportFormat.JSON))
    assert [(row["keyName"], row["keyId"], row["tokens"]) for row in rows] == [
        ("Sem chave", None, 1_903),
        ("LibreChat", "key_1", 7),
    ]


def test_a_small_export_is_the_file_itself_and_is_audited(money: MoneyPath) -> None:
    book(money)
    exports = Exports.of(money)
    ready = exports.jobs.export(order(ExportKind.USAGE), BOSS)
    assert isinstance(ready, ReadyFile)
    assert (ready.file_name, ready.rows) == ("ia-solaris-uso-2026-11.csv", 4)
    assert ready.content.startswith(b"\xef\xbb\xbfData e hora (America/Sao_Paulo, UTC-03:00);Dia;")
    rows = list(csv.DictReader(io.StringIO(ready.content.decode("utf-8-sig")), delimiter=";"))
    assert {row["E-mail"] for row in rows} == {ANA, BEA}
    assert {row["Nome"] for row in rows} == {"Ana", "'=cmd()"}
    assert {row["Dia"] for row in rows} == {"15/11/2026"}
    money.clock.now = datetime.now(UTC)
    assert exports.audited() == [("report.export", "ia-solaris-uso-2026-11.csv")]


def test_filters_hold_in_exports(money: MoneyPath) -> None:
    book(money)
    exports = Exports.of(money)
    for filters, expected in (
        (replace(NOVEMBER, models=("gpt-4o",)), [100]),
        (replace(NOVEMBER, endpoints=("/v1/responses",)), [2]),
        (replace(NOVEMBER, statuses=("5xx",)), [0]),
    ):
        data = at_once(exports, ExportKind.USAGE, ExportFormat.JSON, filters=filters)
        assert [row["tokens"] for row in json.loads(data)] == expected


async def test_days_have_first_bytes_and_refusals_where_they_are_known(money: MoneyPath) -> None:
    book(money)
    assert not money.record(money.event(None, ANA, prompt=3, first_byte_ms=150))
    refusals = Refusals(
        money.aws,
        money.parts.settings.table_name("counters"),
        zone=money.parts.settings.zone,
        clock=money.clock,
    )
    refusals.count("insufficient_quota")
    refusals.count("invalid_api_key")
    await refusals.flush()
    exports = Exports.of(money)

    def first(kind: ExportKind, **filters: Any) -> dict[str, Any]:
        data = at_once(exports, kind, ExportFormat.JSON, filters=replace(NOVEMBER, **filters))
        found: dict[str, Any] = json.loads(data)[0]
        return found

    day = first(ExportKind.BY_DAY)
    assert (day["requests"], day["firstByteP95Ms"], day["refusals"]) == (5, 195, 2)
    of_model = first(ExportKind.BY_MODEL, models=("gpt-4o-mini",))
    assert (of_model["firstByteP95Ms"], "refusals" in of_model) == (195, False)
    narrowed = first(ExportKind.BY_DAY, statuses=("2xx",))
    assert (narrowed["firstByteP95Ms"], narrowed["refusals"]) == (None, None)
    assert "refusals" not in first(ExportKind.BY_USER)
    sheet = columns(at_once(exports, ExportKind.BY_DAY, ExportFormat.XLSX))
    assert sheet["Recusadas"][0] == 2


def test_a_job_makes_the_same_file_and_gives_a_link_to_it(money: MoneyPath) -> None:
    book(money)
    exports = Exports.of(money)
    expected = at_once(exports, ExportKind.USAGE, ExportFormat.JSON)
    money.clock.now = datetime.now(UTC)
    export = queued(exports, kind=ExportKind.USAGE, form=ExportFormat.JSON)
    assert (export.state, export.progress, export.rows_expected) == (ExportState.QUEUED, 0, 4)
    assert exports.jobs.link(export) is None
    assert exports.run(exports.message())
    done = exports.jobs.get(export.export_id)
    assert (done.state, done.progress, done.rows_done) == (ExportState.DONE, 1.0, 4)
    assert done.file_bytes == len(expected)
    link = exports.jobs.link(done)
    assert link is not None
    answer = httpx.get(link)
    assert answer.content == expected
    assert answer.headers["content-disposition"].endswith('filename="ia-solaris-uso-2026-11.json"')


def test_what_is_large_or_proves_large_becomes_a_job(
    exports: Exports, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "INLINE_ROWS", 3)
    exports.gives(monkeypatch, model_rows(range(4)))
    assert isinstance(exports.jobs.export(order(), BOSS), Export)
    exports.gives(monkeypatch, model_rows(range(3)))
    assert isinstance(exports.jobs.export(order(), BOSS), ReadyFile)
    monkeypatch.setattr(exporting, "INLINE_BYTES", 20)
    exports.gives(monkeypatch, model_rows(range(3)))
    assert isinstance(exports.jobs.export(order(), BOSS), Export)


def test_the_audit_log_is_exported_with_this_export_in_it_the_next_time(
    exports: Exports,
) -> None:
    found = []
    for _ in range(2):
        exports.clock.forward(seconds=1)
        data = at_once(exports, ExportKind.AUDIT, ExportFormat.JSON, filters=AuditFilters())
        found.append(json.loads(data))
    assert found[0] == []
    (entry,) = found[1]
    assert (entry["actor"], entry["action"]) == (BOSS.name, "report.export")
    assert entry["after"] == {"type": "audit", "format": "json", "rows": 0}


def test_orders_come_back_from_the_store_as_they_were() -> None:
    filters = ReportFilters(
        first_day=NOVEMBER.first_day, last_day=NOVEMBER.last_day, models=("a",), statuses=("4xx",)
    )
    audit = AuditFilters(actor="a", start=NOON, end=NOON + timedelta(days=1))
    for wanted in (order(filters=filters), order(ExportKind.AUDIT, filters=audit)):
        assert exporting.ExportOrder.from_json(wanted.to_json()) == wanted


def test_users_and_alerts_come_from_the_directory_page_by_page(
    money: MoneyPath, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "MAX_LIST_LIMIT", 2)
    exports = Exports.of(money)
    exports.exporter._directory = money.parts.directory.directory
    emails = [f"u{n}@example.com" for n in range(5)]
    for n, email in enumerate(emails):
        money.put_user(email, monthly_limit=100_000 * (n + 1))
    try:
        data = at_once(exports, ExportKind.USERS, ExportFormat.XLSX, filters=UserQuery())
        alerts = at_once(exports, ExportKind.ALERTS, ExportFormat.JSON, filters=AlertQuery())
    finally:
        money.parts.directory.directory.close()
    found = columns(data)
    assert found["E-mail"] == [*emails, "Total"]
    assert found["Limite mensal"] == [100_000, 200_000, 300_000, 400_000, 500_000, 1_500_000]
    assert json.loads(alerts) == []


GRANT_TITLES = {
    "pt-BR": ("Adicionais de todo mês", "Adicionais que terminam", "Próximo fim de adicionais"),
    "en": ("Tokens of every month", "Tokens that end", "Next end of tokens"),
}


def test_exports_tell_of_grants_behind_the_columns_of_before(money: MoneyPath) -> None:
    exports = Exports.of(money)
    api = Api(money)
    exports.exporter._directory = api.parts.directory.directory  # by the test's clock
    money.clock.now = NOON
    for email in (ANA, BEA):
        money.put_user(email)
    for amount, kind, until in (
        (1_000, "every_month", None),
        (2_000, "until_used", None),
        (3_000, "this_month", None),
        (4_000, "until", "2026-11-20"),
    ):
        body = {"amount": amount, "reason": "report", "kind": kind}
        body |= {} if until is None else {"until": until}
        api.ok("POST", f"/admin/users/{user_id_for(ANA)}/tokens", body)
    body = {"amount": 50, "reason": "report", "kind": "this_month"}
    api.ok("POST", f"/admin/users/{user_id_for(BEA)}/tokens", body)
    api.ok("PUT", f"/admin/users/{user_id_for(BEA)}", {"dailyLimit": "auto:25"})
    # of the grant that ends first
    money.record(money.event(None, ANA, prompt=1_500))
    try:
        found = [
            at_once(exports, ExportKind.USERS, form, filters=UserQuery(), locale=locale)
            for form, locale in (
                (ExportFormat.JSON, "pt-BR"),
                (ExportFormat.CSV, "pt-BR"),
                (ExportFormat.CSV, "en"),
            )
        ]
        audit = at_once(exports, ExportKind.AUDIT, ExportFormat.JSON, filters=AuditFilters())
    finally:
        api.close()
    names = ("everyMonthTokens", "endingTokens", "nextGrantEnd")
    assert [tuple(row[name] for name in names) for row in json.loads(found[0])] == [
        (1_000, 2_000 + 3_000 + 2_500, "2026-11-20"),
        (0, 50, "2026-11-30"),
    ]
    names = ("dailyLimit", "enforcement", "limitSource")
    assert [tuple(row[name] for name in names) for row in json.loads(found[0])] == [
        (None, "block", "plan"),
        ("auto:25", "block", "plan"),
    ]
    for data, locale, delimiter in ((found[1], "pt-BR", ";"), (found[2], "en", ",")):
        rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter))
        assert tuple(rows[0][-8:-5]) == GRANT_TITLES[locale]
    granted = [row for row in json.loads(audit) if row["action"] == "user.add_tokens"]
    assert {(row["grantKind"], row["grantUntil"]) for row in granted} == {
        (None, None),
        ("until_used", None),
        ("this_month", None),
        ("until", "2026-11-20"),
    }
    assert list(granted[0])[-2:] == ["grantKind", "grantUntil"]


def test_users_come_with_their_group_and_are_asked_for_by_it(money: MoneyPath) -> None:
    exports = Exports.of(money)
    api = Api(money)
    exports.exporter._directory = api.parts.directory.directory
    for email in (ANA, BEA):
        money.put_user(email)
    group = api.ok("POST", "/admin/groups", {"name": "=Vendas", "costCenter": "CC-104"})
    api.ok("PUT", f"/admin/users/{user_id_for(ANA)}", {"groupId": group["id"]})

    def exported(locale: str, *groups: str) -> list[list[str]]:
        body = {"type": "users", "format": "csv", "filters": {"group": list(groups)}}
        wanted = ExportRequest.model_validate(body).order("pt-BR", NOON.date()).filters
        assert isinstance(wanted, UserQuery)
        data = at_once(exports, ExportKind.USERS, ExportFormat.CSV, filters=wanted, locale=locale)
        delimiter = ";" if locale == "pt-BR" else ","
        rows = csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=delimiter)
        return [[row[0], *row[-2:]] for row in rows]

    try:
        found = exported("pt-BR"), exported("en", group["id"]), exported("en", "none")
    finally:
        api.close()
    ana, bea = [ANA, "'=Vendas", "CC-104"], [BEA, "", ""]
    assert found[0] == [["E-mail", "Grupo", "Centro de custo"], ana, bea]
    assert found[1] == [["E-mail", "Group", "Cost center"], ana]
    assert found[2][1:] == [bea]

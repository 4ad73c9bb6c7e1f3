"""Costs in another currency: the list of rates, a day's rate, sums of days, and how it is said."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from solaris.ledger.figures import Figures, ReportFilters, UsageLine, total_of
from solaris.platform.errors import ConfigurationError
from solaris.platform.exchange import (
    IN_DOLLARS,
    MILLIONTHS,
    ExchangeRates,
    LocalCost,
    parse_rates,
)
from solaris.platform.money_texts import amount, column_amount, cost_text, rate_text
from solaris.platform.settings import Settings, load_settings
from solaris.quota.periods import days_in
from solaris.reports.report import GroupBy, grouped

OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
TEXT = "2026-10-01=5.42, 2026-11-01=5.38"
RATES = ExchangeRates("BRL", parse_rates(TEXT))
DAYS = st.dates(date(2026, 1, 1), date(2026, 12, 31))
LISTS = st.dictionaries(DAYS, st.integers(1, 20 * MILLIONTHS), min_size=1, max_size=8)


def rates_of(found: dict[date, int]) -> ExchangeRates:
    return ExchangeRates("BRL", tuple(sorted(found.items())))


def line(day: str, nanos: int) -> UsageLine:
    return UsageLine(
        record_key=f"{day}#1",
        request_id="1",
        user_id="u1",
        day=day,
        created_at=datetime(2026, 11, 2, 10, tzinfo=UTC),
        model="gpt-4o",
        endpoint="/v1/chat/completions",
        method="POST",
        status_code=200,
        outcome="settled",
        prompt_tokens=1,
        completion_tokens=1,
        cached_tokens=0,
        reasoning_tokens=0,
        total_tokens=2,
        charged_tokens=2,
        cost_micros=nanos // 1000,
        cost_nanos=nanos % 1000,
        estimated=False,
    )


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        ("2026-10-01", 5_420_000),
        ("2026-10-31", 5_420_000),
        ("2026-11-01", 5_380_000),
        ("2027-05-05", 5_380_000),
        ("2026-01-01", 5_420_000),  # before the first rate: the first
    ],
)
def test_a_day_has_the_newest_rate_that_begins_on_or_before_it(day: str, rate: int) -> None:
    assert RATES.rate_on(day) == RATES.rate_on(date.fromisoformat(day)) == rate


@given(LISTS, DAYS, DAYS, st.integers(1, 20 * MILLIONTHS), st.integers(0, 10**15))
def test_a_new_rate_changes_no_day_before_it(
    found: dict[date, int], day: date, begins: date, rate: int, nanos: int
) -> None:
    before = rates_of(found)
    first = min(found)
    later = begins if begins > first else first + timedelta(days=400)
    after = rates_of(found | {later: rate})
    if day < later:
        assert after.of_day(nanos, day) == before.of_day(nanos, day)


@given(LISTS, st.lists(st.tuples(st.integers(0, 29), st.integers(0, 10**13)), max_size=40))
def test_a_month_is_the_sum_of_its_days_each_at_its_own_rate(
    found: dict[date, int], spent: list[tuple[int, int]]
) -> None:
    """By hand, in fractions: nothing is rounded but the sum, once."""
    rates, days = rates_of(found), days_in("2026-11")
    by_hand = Fraction(0)
    for place, nanos in spent:
        day = date.fromisoformat(days[place])
        begun = [one for one in found if one <= day]
        by_hand += Fraction(nanos, 10**9) * Fraction(found[max(begun, default=min(found))], 10**6)
    lines = [line(days[place], nanos) for place, nanos in spent]
    filters = ReportFilters(first_day=NOVEMBER, last_day=date(2026, 11, 30))
    expected = int(by_hand * 10**6 + Fraction(1, 2))
    for group in (GroupBy.DAY, GroupBy.MODEL, GroupBy.USER):
        total = total_of(one.figures for one in grouped(lines, group, filters, rates))
        local = rates.of_days(total.cost, total.local_cost, days[0], days[-1])
        assert local is not None
        assert local.micros == expected


def test_one_rate_is_named_with_its_day_and_several_by_their_mean() -> None:
    one = RATES.of_days(10**9, 10**9 * 5_380_000, NOVEMBER, date(2026, 11, 30))
    assert one == LocalCost("BRL", 5_380_000, 5_380_000, NOVEMBER)
    # a dollar of October and three of November
    exact = 10**9 * 5_420_000 + 3 * 10**9 * 5_380_000
    both = RATES.of_days(4 * 10**9, exact, OCTOBER, NOVEMBER)
    assert both == LocalCost("BRL", 21_560_000, 5_390_000, None)
    assert RATES.of_days(0, 0, OCTOBER, NOVEMBER) == LocalCost("BRL", 0, None, None)


def test_in_dollars_and_without_a_price_there_is_nothing_to_convert() -> None:
    assert IN_DOLLARS.of_day(5, "2026-11-01") is None
    assert IN_DOLLARS.rate_on("2026-11-01") == 0
    assert Figures(cost_micros=5).at(IN_DOLLARS.rate_on("2026-11-01")) == Figures(cost_micros=5)
    assert RATES.of_day(None, "2026-11-01") is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-10-01=5.42,2026-13-01=5", "entry 2, '2026-13-01=5': 2026-13-01 is no day"),
        ("5.42", "entry 1, '5.42': is not a day and a rate"),
        ("2026-10-01=5,42", "entry 2, '42': is not a day and a rate"),
        ("2026-10-01=-5", "the rate is a number above 0"),
        ("2026-10-01=0.0", "the rate is a number above 0"),
        ("2026-10-01=1e3", "the rate is a number above 0"),
        ("01/10/2026=5.42", "entry 1, '01/10/2026=5.42': is not a day and a rate"),
        ("2026-10-01=5,2026-10-01=6", "entry 2, '2026-10-01=6': another entry has that day"),
    ],
)
def test_a_wrong_entry_is_named(text: str, says: str) -> None:
    with pytest.raises(ValueError, match="entry") as refused:
        parse_rates(text)
    assert says in str(refused.value)


@pytest.fixture
def fresh_settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    load_settings.cache_clear()
    yield monkeypatch
    load_settings.cache_clear()


def test_a_start_with_a_wrong_list_says_which_entry_on_one_line(
    fresh_settings: pytest.MonkeyPatch,
) -> None:
    fresh_settings.setenv("CURRENCY", "BRL")
    fresh_settings.setenv("EXCHANGE_RATES", "2026-10-01=5.42,november=5.38")
    with pytest.raises(ConfigurationError, match=r"^EXCHANGE_RATES: entry 2, 'november=5\.38': .*"):
        load_settings()


def test_reais_without_a_rate_are_refused_with_the_remedy(
    fresh_settings: pytest.MonkeyPatch,
) -> None:
    fresh_settings.setenv("CURRENCY", "BRL")
    with pytest.raises(ConfigurationError, match=r"EXCHANGE_RATES=2026-10-01=5\.42$") as refused:
        load_settings()
    assert "\n" not in str(refused.value)


def test_settings_give_the_rates_of_the_currency_and_none_in_dollars() -> None:
    assert Settings(currency="BRL", exchange_rates=TEXT).exchange == RATES
    assert not Settings(exchange_rates=TEXT).exchange.is_foreign
    with pytest.raises(ValidationError):
        Settings(exchange_rates="x")


@pytest.mark.parametrize(
    ("micros", "portuguese", "english"),
    [
        (1_234_565_000, "R$ 1.234,57", "R$1,234.57"),
        (4_999, "R$ 0,00", "R$0.00"),
        (-1_005_000, "-R$ 1,01", "-R$1.01"),
        (-100, "R$ 0,00", "R$0.00"),
    ],
)
def test_an_amount_is_written_with_two_decimals(micros: int, portuguese: str, english: str) -> None:
    assert amount(micros, "BRL", "pt-BR") == portuguese
    assert amount(micros, "BRL", "en") == english
    assert amount(1_234_565_000, "USD", "pt-BR") == "US$ 1.234,57"
    assert amount(1_234_565_000, "USD", "en") == "$1,234.57"


def test_a_column_does_not_show_little_as_nothing() -> None:
    assert column_amount(4_999, "BRL", "pt-BR") == "<R$ 0,01"
    assert [column_amount(one, "USD", "en") for one in (0, 4_999, 5_000)] == [
        "$0.00",
        "<$0.01",
        "$0.01",
    ]


def test_a_cost_is_told_with_what_it_was_made_of() -> None:
    local = LocalCost("BRL", 1_234_560_000, 5_380_000, NOVEMBER)
    assert (
        cost_text(228_900_000, local, "pt-BR") == "R$ 1.234,56 (US$ 228,90, câmbio 5,38 de 01/11)"
    )
    assert cost_text(228_900_000, local, "en") == "R$1,234.56 ($228.90, rate 5.38 of Nov 1)"
    mean = LocalCost("BRL", 1_234_560_000, 5_393_447, None)
    assert rate_text(mean, "pt-BR") == "câmbio médio 5,3934"
    assert rate_text(mean, "en") == "mean rate 5.3934"
    assert cost_text(0, LocalCost("BRL", 0, None, None), "pt-BR") == "R$ 0,00 (US$ 0,00)"
    assert cost_text(228_900_000, None, "pt-BR") == "US$ 228,90"

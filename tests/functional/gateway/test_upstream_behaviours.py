"""Every row of the table of upstream behaviours (cases_*.py), through the real gateway."""

import pytest

from tests.functional.gateway.cases_asking import ASKING
from tests.functional.gateway.cases_bodies import SHAPES_OF_BODIES
from tests.functional.gateway.cases_nothing import nothing_delivered
from tests.functional.gateway.cases_usage import PLACES
from tests.functional.gateway.frames import MESSAGES, asked
from tests.functional.gateway.gateway_support import Gateway, load_tokenizer
from tests.functional.gateway.raw_upstream import raw_upstream
from tests.functional.gateway.upstream_cases import Case, ordinary

load_tokenizer()
CASES = [*ordinary(), *PLACES, *nothing_delivered(), *SHAPES_OF_BODIES, *ASKING]


@pytest.mark.parametrize("case", CASES, ids=[one.name for one in CASES])
async def test_what_an_upstream_does_is_relayed_charged_and_recorded(case: Case) -> None:
    async with raw_upstream(*case.scripts) as upstream:
        gateway = Gateway(upstream.url)
        body = asked(case.endpoint, stream=case.stream, **case.body)
        got = await gateway.ask(body, case.endpoint)
        await gateway.close()
    assert got.status == case.status, got.body
    assert got.is_whole
    event = gateway.event
    assert event.charged_tokens == case.charged
    assert (event.estimated, event.outcome) == (case.estimated, case.outcome)
    assert event.status_code == (case.record_status or case.status)
    if case.error is None:
        assert event.error_message is None
    else:
        assert case.error in (event.error_message or "")
    for expected in case.shown:
        assert expected in got.body
    for forbidden in case.hidden:
        assert forbidden not in got.body
    if case.status == 502:
        refused = case.error == "upstream_key_refused"
        code = "upstream_key_refused" if refused else "upstream_error"
        assert got.json["error"]["code"] == code
        assert (got.headers.get("x-should-retry") == "false") is refused
        assert (got.json.get("type") == "error") is (case.endpoint == MESSAGES)
    if case.check is not None:
        case.check(got)
    assert gateway.meter.user.reservations == {}
    assert gateway.meter.user.current_usage == case.charged

"""The fields that go on to the upstream, held against the vendors' own SDKs."""

from typing import Any

import pytest
from anthropic.types.beta.message_create_params import MessageCreateParamsBase as BetaMessages
from anthropic.types.message_create_params import MessageCreateParamsBase as Messages
from hypothesis import given
from hypothesis import strategies as st
from openai.types.chat.completion_create_params import CompletionCreateParamsBase as Chat
from openai.types.completion_create_params import CompletionCreateParamsBase as Completions
from openai.types.embedding_create_params import EmbeddingCreateParams as Embeddings
from openai.types.responses.response_create_params import ResponseCreateParamsBase as Responses

from solaris.gateway.body.allowed_fields import ALLOWED_FIELDS, passed_on, passed_query, shown_names
from solaris.platform.errors import InvalidRequestError

SDK = {
    "/v1/chat/completions": Chat,
    "/v1/completions": Completions,
    "/v1/embeddings": Embeddings,
    "/v1/responses": Responses,
    "/v1/messages": Messages,
}
# Documented, and not passed on: what would be billed apart from its request, and other models.
LEFT_OUT = {"background_options"}
BETA_LEFT_OUT = {"betas", "billing_policy", "fallback_credit_token", "fallbacks", "thread"}


@pytest.mark.parametrize("endpoint", sorted(SDK))
def test_every_field_of_the_vendors_sdk_is_passed_on(endpoint: str) -> None:
    documented = set(SDK[endpoint].__annotations__)
    assert documented - ALLOWED_FIELDS[endpoint] == LEFT_OUT & documented


def test_of_anthropics_beta_fields_none_names_another_model_or_a_context_of_unknown_size() -> None:
    documented = set(BetaMessages.__annotations__)
    assert documented - ALLOWED_FIELDS["/v1/messages"] == BETA_LEFT_OUT


@pytest.mark.parametrize("endpoint", sorted(ALLOWED_FIELDS))
@given(
    body=st.dictionaries(
        st.sampled_from(["model", "stream", "timeout", "MODEL", "x y", "Timeout", "user"]),
        st.integers(),
    )
)
def test_what_is_sent_is_allowed_and_nothing_is_lost_silently(
    endpoint: str, body: dict[str, Any]
) -> None:
    try:
        sent, dropped = passed_on(endpoint, body)
    except InvalidRequestError:
        assert "MODEL" in body
        return
    assert set(sent) <= ALLOWED_FIELDS[endpoint]
    assert set(sent) | set(dropped) == set(body)
    assert {name: body[name] for name in sent} == sent


def test_a_setting_names_more() -> None:
    assert passed_on("/v1/embeddings", {"model": "m", "num_ctx": 1}, ("num_ctx",))[1] == []
    with pytest.raises(InvalidRequestError):
        passed_on("/v1/embeddings", {"model": "m", "NUM_CTX": 1}, ("num_ctx",))


def test_names_of_a_client_cannot_break_a_header() -> None:
    assert shown_names(["ok", "a\r\nset-cookie: x=1", "é", "", "x" * 51, "b-c.d_e"]) == "ok,b-c.d_e"
    assert len(shown_names(f"n{n}" for n in range(100)).split(",")) == 20


@pytest.mark.parametrize(
    ("query", "passed"),
    [("", ""), ("model=x", ""), ("beta=true&timeout=1", "beta=true"), ("%zz&beta", "")],
)
def test_of_a_query_only_what_is_known_goes_on(query: str, passed: str) -> None:
    assert passed_query(query) == passed

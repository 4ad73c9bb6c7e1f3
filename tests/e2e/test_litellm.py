"""The same through a real LiteLLM proxy, in an environment of its own."""

from collections.abc import Iterator

import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam

from tests.e2e.litellm_environment import litellm_proxy
from tests.e2e.local_system import LocalSystem, running

pytestmark = pytest.mark.e2e

MASTER_KEY = "sk-litellm-master"
CONFIG = """
model_list:
  - model_name: mocked
    litellm_params:
      model: openai/gpt-4o-mini
      api_key: none
      mock_response: "O mar é azul, verde e cinza. Ele muda com o céu."
"""
QUESTION: list[ChatCompletionMessageParam] = [{"role": "user", "content": "Fale do mar."}]


@pytest.fixture(scope="module")
def litellm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of a LiteLLM proxy with a mocked model."""
    with litellm_proxy(CONFIG, MASTER_KEY, tmp_path_factory.mktemp("litellm")) as url:
        yield url


@pytest.fixture(scope="module")
def system(litellm: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSystem]:
    """IA SOLARIS in front of that LiteLLM."""
    with running(
        tmp_path_factory.mktemp("data"), LITELLM_BASE_URL=litellm, LITELLM_API_KEY=MASTER_KEY
    ) as started:
        yield started


def test_litellm_s_stated_usage_is_booked_to_the_token(system: LocalSystem) -> None:
    with openai.OpenAI(
        base_url=f"{system.url}/v1",
        api_key=system.printed_key,
        default_headers={"X-User-Email": "ana@example.com"},
        max_retries=0,
    ) as sdk:
        buffered = sdk.chat.completions.create(model="mocked", messages=QUESTION)
        with sdk.chat.completions.create(model="mocked", messages=QUESTION, stream=True) as stream:
            chunks = list(stream)
        assert "mocked" in [model.id for model in sdk.models.list()]
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == buffered.choices[0].message.content
    assert buffered.usage is not None
    assert chunks[-1].usage is not None
    shown = system.booked_user("ana@example.com", records=2)
    assert shown["currentUsage"] == buffered.usage.total_tokens + chunks[-1].usage.total_tokens
    assert not any(one["estimated"] for one in shown["usage"])


def test_litellm_s_refusal_reaches_the_client(system: LocalSystem) -> None:
    with (
        openai.OpenAI(
            base_url=f"{system.url}/v1",
            api_key=system.printed_key,
            default_headers={"X-User-Email": "bia@example.com"},
            max_retries=0,
        ) as sdk,
        pytest.raises(openai.APIStatusError) as raised,
    ):
        sdk.chat.completions.create(model="unknown", messages=QUESTION)
    assert raised.value.status_code == 400
    shown = system.booked_user("bia@example.com", records=1)
    assert (shown["currentUsage"], shown["reservedTokens"]) == (0, 0)

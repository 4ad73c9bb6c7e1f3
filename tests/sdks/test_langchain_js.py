"""LangChain for JavaScript against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestLangChainOpenAI(Matrix):
    sdk = Sdk("langchain_sdk.mjs", "node")


class TestLangChainAnthropic(Matrix):
    # it adds the output tokens of message_start (the first one) to those of message_delta (all)
    sdk = Sdk("langchain_sdk.mjs", "node", api="anthropic", more_in_streams=1)

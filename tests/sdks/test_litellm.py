"""LiteLLM's SDK against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestLiteLLMOpenAI(Matrix):
    sdk = Sdk("litellm_sdk.py", "frameworks.lock")


class TestLiteLLMAnthropic(Matrix):
    sdk = Sdk("litellm_sdk.py", "frameworks.lock", api="anthropic")

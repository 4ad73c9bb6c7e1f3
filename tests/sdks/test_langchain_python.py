"""LangChain for Python against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestLangChainOpenAI(Matrix):
    sdk = Sdk("langchain_sdk.py", "frameworks.lock")


class TestLangChainAnthropic(Matrix):
    sdk = Sdk("langchain_sdk.py", "frameworks.lock", api="anthropic")

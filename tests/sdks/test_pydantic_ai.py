"""Pydantic AI against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestPydanticOpenAI(Matrix):
    sdk = Sdk("pydantic_ai_sdk.py", "frameworks.lock")


class TestPydanticAnthropic(Matrix):
    sdk = Sdk("pydantic_ai_sdk.py", "frameworks.lock", api="anthropic")

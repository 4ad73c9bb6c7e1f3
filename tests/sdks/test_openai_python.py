"""OpenAI's SDK for Python against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestOpenAIChat(Matrix):
    sdk = Sdk("openai_sdk.py", "vendors.lock")


class TestOpenAIResponses(Matrix):
    sdk = Sdk("openai_sdk.py", "vendors.lock", api="responses")

"""OpenAI's SDK for Node against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestOpenAINode(Matrix):
    sdk = Sdk("openai_sdk.mjs", "node")

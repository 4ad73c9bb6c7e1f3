"""LlamaIndex against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestLlamaIndex(Matrix):
    sdk = Sdk("llama_index_sdk.py", "llama_index.lock", hides_usage_of_data=True)

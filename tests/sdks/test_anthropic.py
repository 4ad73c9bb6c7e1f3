"""Anthropic's SDK for Python against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestAnthropic(Matrix):
    sdk = Sdk("anthropic_sdk.py", "vendors.lock")

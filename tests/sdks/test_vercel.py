"""Vercel's AI SDK with three providers against the running system."""

import pytest

from tests.sdks.environments import Sdk
from tests.sdks.matrix import Matrix

pytestmark = pytest.mark.e2e


class TestVercelOpenAI(Matrix):
    sdk = Sdk("vercel_sdk.mjs", "node", api="openai")


class TestVercelCompatible(Matrix):
    sdk = Sdk("vercel_sdk.mjs", "node", api="compatible")


class TestVercelAnthropic(Matrix):
    sdk = Sdk("vercel_sdk.mjs", "node", api="anthropic")

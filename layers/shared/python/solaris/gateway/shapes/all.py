"""The metered endpoints: how each one states its model, its maximum, its prompt and its usage.

ApiShape (base.py) holds what they have in common
├── ChatCompletions, Completions, Embeddings   openai.py
├── Responses                                  responses.py
└── Messages                                   messages.py

Text is counted in text.py, media found in media.py (and weighed in gateway/body/media.py), stated
usage read in usage.py.
"""

from collections.abc import Mapping
from types import MappingProxyType

from solaris.gateway.shapes.base import ApiShape, Body, MalformedBodyError
from solaris.gateway.shapes.messages import Messages
from solaris.gateway.shapes.openai import ChatCompletions, Completions, Embeddings
from solaris.gateway.shapes.responses import Responses

__all__ = [
    "SHAPES",
    "ApiShape",
    "Body",
    "MalformedBodyError",
]

SHAPES: Mapping[str, ApiShape] = MappingProxyType(
    {
        shape.endpoint: shape
        for shape in (ChatCompletions(), Completions(), Embeddings(), Responses(), Messages())
    }
)

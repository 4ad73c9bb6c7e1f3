"""The metered endpoints: how each one states its model, its maximum, its prompt and its usage.

ApiShape (shape_base) holds what they have in common
├── ChatCompletions, Completions, Embeddings   shape_openai
├── Responses                                  shape_responses
└── Messages                                   shape_messages

Text is counted in shape_text, media found in shape_media (and weighed in gateway/media), stated
usage read in shape_usage.
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

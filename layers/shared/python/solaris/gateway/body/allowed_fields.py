"""What a client may pass on to the upstream: the fields that its API documents, no others. Pure.

Upstreams read more than their API says. LiteLLM takes routing, retries, time-outs, caches, mock
answers and other models from the body (`router_settings_override`, `num_retries`, `timeout`,
`cache`, `mock_response`, `fallbacks`, `extra_body` …), Ollama a maximum of its own (`num_predict`).
Those are the switches of whoever runs the upstream. Go upstreams read names without regard to
case, the last wins: a name that only looks like a known one is refused.

The lists follow the request types of OpenAI's and Anthropic's SDKs, which
tests/unit/gateway/test_allowed_fields.py holds them against.
"""

import re
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from urllib.parse import parse_qsl, urlencode

from solaris.platform.errors import InvalidRequestError

# Sampling and reasoning that no SDK of OpenAI documents and most compatible upstreams read; none
# of them can route, retry, or raise a maximum.
_COMMON_EXTENSIONS = frozenset(
    {
        *("top_k", "min_p", "repetition_penalty", "reasoning", "include_reasoning"),
        *("thinking", "enable_thinking"),
    }
)
_SAMPLING = frozenset(
    {
        *("model", "stream", "stream_options", "temperature", "top_p", "user", "seed", "stop", "n"),
        *("frequency_penalty", "presence_penalty", "logit_bias", "logprobs", "max_tokens"),
    }
)
_CACHE = frozenset({"prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"})
_POLICY = frozenset({"metadata", "moderation", "safety_identifier", "service_tier", "store"})
_TOOLS = frozenset({"tools", "tool_choice", "parallel_tool_calls"})

ALLOWED_FIELDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "/v1/chat/completions": _SAMPLING
        | _CACHE
        | _POLICY
        | _TOOLS
        | _COMMON_EXTENSIONS
        | {
            *("messages", "max_completion_tokens", "audio", "modalities", "prediction"),
            *("functions", "function_call", "response_format", "reasoning_effort", "verbosity"),
            *("top_logprobs", "web_search_options"),
        },
        "/v1/completions": _SAMPLING | _COMMON_EXTENSIONS | {"prompt", "suffix", "echo", "best_of"},
        "/v1/embeddings": frozenset({"model", "input", "dimensions", "encoding_format", "user"}),
        "/v1/responses": _CACHE
        | _POLICY
        | _TOOLS
        | {
            *("model", "input", "instructions", "stream", "stream_options", "temperature"),
            *("top_p", "user", "top_logprobs", "max_output_tokens", "max_tool_calls", "text"),
            *("reasoning", "truncation", "include", "previous_response_id", "conversation"),
            *("prompt", "context_management", "image", "access_programs", "background"),
        },
        "/v1/messages": frozenset(
            {
                *("model", "messages", "max_tokens", "system", "stream", "stop_sequences"),
                *("temperature", "top_p", "top_k", "tools", "tool_choice", "thinking"),
                *("metadata", "service_tier", "speed", "container", "cache_control"),
                *("output_config", "output_format", "context_management", "compaction"),
                *("mcp_servers", "inference_geo", "diagnostics", "user_profile_id"),
                "workspace_id",
            }
        ),
    }
)
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]{1,50}")
MAX_SHOWN_NAMES = 20
_STREAM_OPTIONS = ("include_usage", "include_obfuscation")
# Of a query: the Anthropic SDK's mark of its beta methods, and Azure's version.
_ALLOWED_QUERY = frozenset({"beta", "api-version"})


def passed_on(
    endpoint: str, body: Mapping[str, object], more: Iterable[str] = ()
) -> tuple[dict[str, object], list[str]]:
    """Return the fields to send and the names of those left out, in the body's order.

    `more` are the names of PASS_BODY_FIELDS. Raises InvalidRequestError for a name that is a
    known one but for its case. `metadata` keeps texts alone, as OpenAI documents it: LiteLLM
    reads lists in it as routing tags; `stream_options` keeps its two switches.
    """
    known = ALLOWED_FIELDS[endpoint].union(more)
    sent = {name: body[name] for name in body if name in known}
    _clean(sent)
    dropped = [name for name in body if name not in known]
    if not dropped:
        return sent, []
    by_folded = {name.casefold(): name for name in known}
    for name in dropped:
        meant = by_folded.get(name.casefold())
        if meant is not None:
            msg = f"{name[:50]!r} is written {meant!r}"
            raise InvalidRequestError(msg, field=meant)
    return sent, dropped


def _clean(sent: dict[str, object]) -> None:
    """Leave in two objects only what their documents say: a text may hold an object as well."""
    if "metadata" in sent:
        metadata = sent["metadata"] if isinstance(sent["metadata"], dict) else {}
        sent["metadata"] = {key: one for key, one in metadata.items() if isinstance(one, str)}
    if "stream_options" in sent:
        options = sent["stream_options"]
        kept = {
            name: options[name]
            for name in _STREAM_OPTIONS
            if isinstance(options, dict) and isinstance(options.get(name), bool)
        }
        sent["stream_options"] = kept
        if not kept:
            del sent["stream_options"]


def shown_names(names: Iterable[str]) -> str:
    """Names of dropped fields for a header: a client's own words, so only what may stand in one."""
    plain = [name for name in names if _PLAIN_NAME.fullmatch(name)]
    return ",".join(plain[:MAX_SHOWN_NAMES])


def passed_query(query: str) -> str:
    """Return the part of a query string that goes on to the upstream."""
    if not query:
        return ""
    kept = [(name, value) for name, value in parse_qsl(query) if name in _ALLOWED_QUERY]
    return urlencode(kept)

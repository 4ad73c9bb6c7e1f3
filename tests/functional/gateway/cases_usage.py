"""Where upstreams state their usage, and where they state none."""

from tests.functional.gateway.frames import (
    CHAT,
    DONE,
    EMBEDDINGS,
    MESSAGES,
    RESPONSES,
    data,
    delta,
    end,
)
from tests.functional.gateway.raw_upstream import CUT
from tests.functional.gateway.upstream_cases import (
    ANSWER,
    ESTIMATED_PROMPT,
    PROMPT,
    STATED,
    USAGE,
    Case,
    buffered,
    final_chunk,
    json_body,
    streamed,
    text,
)

PLACES = [
    Case(
        "usage in the last chunk with choices",
        "LiteLLM #8448",
        streamed(*text(CHAT), final_chunk(usage=USAGE), DONE),
        STATED,
    ),
    Case(
        "usage in every chunk, cumulative: the last counts",
        "openai-node #2725",
        streamed(
            *(
                delta(CHAT, word, usage={"prompt_tokens": PROMPT, "completion_tokens": n})
                for n, word in enumerate(("um", " dois", " três"), 18)
            ),
            final_chunk(usage=USAGE),
            DONE,
        ),
        STATED,
    ),
    Case(
        "usage in the choice",
        "Moonshot's API document",
        streamed(*text(CHAT), final_chunk(choice={"usage": USAGE}), DONE),
        STATED,
    ),
    Case(
        "usage in x_groq",
        "Groq's API document",
        streamed(*text(CHAT), final_chunk(x_groq={"id": "r", "usage": USAGE}), DONE),
        STATED,
    ),
    Case(
        "usage after [DONE]",
        "any-llm PR #847",
        streamed(*text(CHAT), DONE, data({"choices": [], "usage": USAGE})),
        STATED,
        shown=[DONE],
    ),
    Case(
        "usage some time after [DONE]",
        "any-llm PR #847",
        streamed(*text(CHAT), final_chunk(), DONE, 0.2, data({"choices": [], "usage": USAGE})),
        STATED,
    ),
    Case(
        "a preview of zeros, then the figures",
        "OmniRoute PR #8210",
        streamed(
            delta(CHAT, "", usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            *text(CHAT),
            *end(CHAT),
        ),
        STATED,
    ),
    Case(
        "a preview and nothing after it: zeros beside an answer are no statement",
        "new-api #5289",
        streamed(
            delta(CHAT, "", usage={"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}),
            *text(CHAT),
            final_chunk(),
            DONE,
        ),
        ESTIMATED_PROMPT + 3,
        estimated=True,
    ),
    Case(
        "no usage at all",
        "LiteLLM #11364",
        streamed(*text(CHAT), final_chunk(), DONE),
        ESTIMATED_PROMPT + 3,
        estimated=True,
    ),
    Case(
        "cut after a first figure: the larger of it and of what was delivered",
        "Helicone PR #3497",
        streamed(
            delta(CHAT, "um", usage={"prompt_tokens": PROMPT, "completion_tokens": 1}),
            delta(CHAT, " dois três quatro"),
            CUT,
        ),
        PROMPT + 4,
        record_status=502,
        estimated=True,
        error="upstream_error",
        shown=[b'"error"'],
    ),
    Case(
        "response.done instead of response.completed",
        "codex-router PR #133",
        streamed(
            *text(RESPONSES),
            data(
                {
                    "type": "response.done",
                    "response": {"usage": {"input_tokens": PROMPT, "output_tokens": ANSWER}},
                },
                "response.done",
            ),
        ),
        STATED,
        RESPONSES,
    ),
    Case(
        "response.incomplete states what was used",
        "OpenAI's API document",
        streamed(
            *text(RESPONSES),
            data(
                {
                    "type": "response.incomplete",
                    "response": {
                        "status": "incomplete",
                        "usage": {"input_tokens": PROMPT, "output_tokens": ANSWER},
                    },
                },
                "response.incomplete",
            ),
        ),
        STATED,
        RESPONSES,
    ),
    Case(
        "a tool call beside zeros, buffered",
        "LocalAI #9927",
        buffered(
            json_body(
                {
                    "choices": [
                        {
                            "message": {
                                "content": None,
                                "tool_calls": [
                                    {
                                        "function": {
                                            "name": "clima",
                                            "arguments": '{"cidade":"Recife"}',
                                        }
                                    }
                                ],
                            }
                        }
                    ],
                    "usage": {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
                }
            )
        ),
        ESTIMATED_PROMPT + 9,
        stream=False,
        estimated=True,
    ),
    Case(
        "a last frame of nine megabytes",
        "oh-my-pi PR #4692",
        streamed(
            *text(RESPONSES),
            data(
                {
                    "type": "response.completed",
                    "response": {
                        "id": "r-1",
                        "output": [{"type": "image_generation_call", "result": "A" * 9_000_000}],
                        "usage": {"input_tokens": PROMPT, "output_tokens": ANSWER},
                    },
                },
                "response.completed",
            ),
        ),
        STATED,
        RESPONSES,
    ),
    Case(
        "Anthropic's cache in both directions",
        "Anthropic's API document",
        streamed(
            *text(MESSAGES),
            *end(MESSAGES, cache_read_input_tokens=100, cache_creation_input_tokens=50),
        ),
        STATED + 150,
        MESSAGES,
    ),
    Case(
        "Anthropic's compaction is billed beside the top figures",
        "Anthropic's document on compaction",
        streamed(
            *text(MESSAGES),
            *end(
                MESSAGES,
                23_000,
                1_000,
                iterations=[
                    {"type": "compaction", "input_tokens": 180_000, "output_tokens": 3_500},
                    {"type": "message", "input_tokens": 23_000, "output_tokens": 1_000},
                ],
            ),
        ),
        207_500,
        MESSAGES,
    ),
    Case(
        "zeros after the figures take nothing back",
        "Ollama, CometAPI: zeros as placeholders",
        streamed(
            *text(CHAT),
            final_chunk(usage=USAGE),
            data({"choices": [], "usage": {"prompt_tokens": 0, "completion_tokens": 0}}),
            DONE,
        ),
        STATED,
    ),
    Case(
        "a preview, and an end that says nothing",
        "Helicone PR #3497",
        streamed(
            delta(CHAT, "um", usage={"prompt_tokens": PROMPT, "completion_tokens": 1}),
            delta(CHAT, " dois três quatro"),
            is_chunked=False,
        ),
        PROMPT + 4,
        estimated=True,
    ),
    Case(
        "a number that JSON does not know",
        "vLLM: -Infinity in log probabilities",
        buffered(
            b'{"choices": [{"message": {"content": "um"}, "logprobs": -Infinity}], '
            b'"usage": {"prompt_tokens": 10, "completion_tokens": 20}}'
        ),
        STATED,
        stream=False,
    ),
    Case(
        "a body that is cut and states its usage",
        "semantic-router #2215",
        buffered(b'{"usage": {"prompt_tokens": 10, "completion_tokens": 20}, "choices": [{"mess'),
        STATED,
        stream=False,
    ),
    Case(
        "several frames in one, without usage",
        "llmgateway PR #3505",
        streamed(
            b": together\n\n",
            delta(CHAT, "um dois")[:-1] + delta(CHAT, " três"),
            final_chunk(),
            DONE,
        ),
        ESTIMATED_PROMPT + 3,
        estimated=True,
    ),
    Case(
        "embeddings beside zeros are no free ones",
        "LocalAI #9927",
        buffered(
            json_body(
                {
                    "data": [{"embedding": [0.1]}],
                    "usage": {"prompt_tokens": 0, "total_tokens": 0},
                }
            )
        ),
        1,
        EMBEDDINGS,
        stream=False,
        estimated=True,
    ),
]

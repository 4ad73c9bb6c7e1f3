"""What the programs for Python share: a call in, what came of it out."""

import json
import sys
from collections.abc import Callable
from typing import Any

QUESTION_OF_TOOL = "Que tempo faz no Recife?"
WEATHER = "Devolve o tempo numa cidade."
PLACE_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}
CITY_SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}


def weather(city: str) -> str:
    """What the tool answers."""
    return f"sol em {city}"


def serve(kinds: dict[str, Callable[[dict[str, Any]], dict[str, Any]]]) -> None:
    """Do the call of the standard input by its kind; an error that the SDK raised is a result."""
    call = json.load(sys.stdin)
    try:
        came = kinds[call["kind"]](call)
    except Exception as error:  # noqa: BLE001 - which one an SDK raises is what is asked
        came = {"error": str(error), "status": status_of(error)}
    print(json.dumps(came))


def status_of(error: BaseException | None) -> int | None:
    """The HTTP status that an error of an SDK, or one that it was made from, tells."""
    while error is not None:
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            return status
        error = error.__cause__ or error.__context__
    return None


def total(*usages: Any) -> int:
    """The tokens of some answers, by the names of OpenAI or of Anthropic."""
    found = 0
    for usage in usages:
        if hasattr(usage, "total_tokens"):
            found += usage.total_tokens
        else:
            found += usage.input_tokens + usage.output_tokens
    return found

"""The proxy where a gateway cannot stream: one API Gateway REST event, one whole answer.

`Handler: buffered.handler`. The same application as run.sh serves; a stream arrives all at once.
"""

import asyncio
import atexit
from typing import Any
from urllib.parse import unquote

from app import served_on_lambda
from mangum import Mangum
from mangum.protocols import LifespanCycle

# One loop for the life of the process: connections that are kept belong to it.
asyncio.set_event_loop(asyncio.new_event_loop())

# Mangum's own lifespan would start and stop all parts at each event.
_life = LifespanCycle(served_on_lambda, "on")
_life.__enter__()
atexit.register(_life.__exit__, None, None, None)

_answer = Mangum(served_on_lambda, lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Answer one event of a Lambda proxy integration, payload 1.0."""
    # API Gateway leaves the path as it came, ASGI wants it decoded
    return _answer({**event, "path": unquote(event["path"])}, context)

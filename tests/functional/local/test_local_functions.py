"""The functions' own process: one that waits for the store does not hold the others up."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from chalice.app import Chalice

from infra.local.edge.functions import COPIES, HostedFunction
from infra.local.edge.rest_gateway import Incoming

BOUND_SECONDS = 10.0
TWO_CORES_THREADS = 6  # asyncio's own


def asking(path: str) -> Incoming:
    return Incoming(
        method="GET", path=path, query_string="", headers=[], body=b"", client="192.0.2.7"
    )


async def test_health_is_answered_while_every_copy_of_another_function_waits() -> None:
    """More at once than asyncio has threads on two cores, each waiting for the store."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(TWO_CORES_THREADS))
    released = threading.Event()
    slow = []
    for name in ("admin", "quota"):
        copies = []
        for _ in range(COPIES):
            app = Chalice(app_name=name, configure_logs=False)

            @app.route(f"/{name}")
            def waits() -> dict[str, str]:
                released.wait(BOUND_SECONDS)
                return {}

            copies.append(app)
        slow.append(HostedFunction(copies))
    well = Chalice(app_name="health", configure_logs=False)

    @well.route("/health")
    def health() -> dict[str, str]:
        return {"status": "healthy"}

    requests = [
        asyncio.create_task(function.handle(asking(f"/{name}"), f"/{name}"))
        for function, name in zip(slow, ("admin", "quota"), strict=True)
        for _ in range(COPIES)
    ]
    await asyncio.sleep(0)  # all of them begin
    try:
        async with asyncio.timeout(BOUND_SECONDS / 2):
            reply = await HostedFunction([well]).handle(asking("/health"), "/health")
        assert reply.status == 200
    finally:
        released.set()  # and not before, or no thread would be short
        await asyncio.gather(*requests)

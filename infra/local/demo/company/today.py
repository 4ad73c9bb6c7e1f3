"""Today's traffic of the demo company: real requests through /v1, as LibreChat sends them."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp

from infra.local.demo.company.people import Person

REQUESTS = 60
AT_ONCE = 4
REQUEST_SECONDS = 30.0
MODELS = ("demo", "demo-fast")
QUESTIONS = (
    "Resuma este contrato em cinco pontos.",
    "Escreva um e-mail educado cobrando a fatura em atraso.",
    "Qual é a diferença entre PIS e COFINS?",
    "Monte uma consulta SQL com as vendas por região e mês.",
    "Traduza para o inglês: reunião de alinhamento na quinta-feira.",
    "Sugira três títulos para a apresentação de resultados.",
)
_OK = 200


class GatewayAwayError(Exception):
    """The gateway does not answer at its address."""


@dataclass(frozen=True, slots=True)
class Today:
    """How many requests were answered, and how many were refused (quota, status)."""

    answered: int
    refused: int


async def has_demo_upstream(base_url: str, key: str) -> bool:
    """Whether the models behind the gateway are the built-in demo's: real ones cost money.

    Raises GatewayAwayError.
    """
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    headers = {"Authorization": f"Bearer {key}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.get(f"{base_url}/v1/models") as answer,
        ):
            models = (await answer.json()).get("data", []) if answer.status == _OK else []
    except (aiohttp.ClientError, TimeoutError, ValueError) as error:
        raise GatewayAwayError(base_url) from error
    return any(one.get("id") == "demo-fast" for one in models)


async def send(base_url: str, key: str, people: Sequence[Person]) -> Today:
    """Send today's requests; raises GatewayAwayError."""
    chance = random.Random()
    room = asyncio.Semaphore(AT_ONCE)
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS)
    headers = {"Authorization": f"Bearer {key}", "User-Agent": "LibreChat/0.8.1"}

    async def one(session: aiohttp.ClientSession) -> int:
        person = chance.choice(people)
        body = {
            "model": chance.choice(MODELS),
            "messages": [{"role": "user", "content": chance.choice(QUESTIONS)}],
        }
        said = {"X-User-Email": person.email}
        async with room, session.post("/v1/chat/completions", json=body, headers=said) as answer:
            await answer.read()
            return answer.status

    try:
        async with aiohttp.ClientSession(base_url, timeout=timeout, headers=headers) as session:
            statuses = await asyncio.gather(*(one(session) for _ in range(REQUESTS)))
    except (aiohttp.ClientError, TimeoutError) as error:
        raise GatewayAwayError(base_url) from error
    answered = sum(one == _OK for one in statuses)
    return Today(answered, len(statuses) - answered)

"""Why a part is not well, by one name everywhere: health, metrics, alert rules, `solaris doctor`.

infra/observability/STATES.md is the page about them, and the admin site shows the same words
(reasons.json, made by infra/documents/state_texts.py); tests hold both against this table.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How a part is, or the whole."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class Reason:
    """One way of being unwell: what it is and what to do, in English and Portuguese."""

    code: str
    part: str
    status: Status
    what: str
    what_pt: str
    remedy: str
    remedy_pt: str


_DEGRADED, _UNHEALTHY = Status.DEGRADED, Status.UNHEALTHY

REASONS: Mapping[str, Reason] = {
    one.code: one
    for one in (
        Reason(
            "store_silent",
            "database",
            _UNHEALTHY,
            "the store does not answer: nobody is served",
            "o banco de dados não responde: ninguém é atendido",
            "its process, its disk, its log (store.log); on AWS region and permissions; a store "
            "that is damaged: restore the last backup",
            "o processo dele, o disco, o log (store.log); na AWS, região e permissões; um banco "
            "danificado: restaure o último backup",
        ),
        Reason(
            "disk_full",
            "database",
            _UNHEALTHY,
            "too little room on the disk of the books, or it is read-only: new requests are "
            "refused, those under way are booked",
            "falta espaço no disco dos livros, ou ele é só de leitura: novas requisições são "
            "recusadas, as que estão em curso são registradas",
            "make room (MIN_FREE_DISK_MB says how much); nothing has to be started again",
            "libere espaço (MIN_FREE_DISK_MB diz quanto); nada precisa ser reiniciado",
        ),
        Reason(
            "books_gone",
            "database",
            _UNHEALTHY,
            "a file of the books was removed or replaced while the system runs: new requests are "
            "refused, and a stop loses what was written since",
            "um arquivo dos livros foi removido ou trocado com o sistema no ar: novas requisições "
            "são recusadas, e parar o sistema perde o que foi gravado desde então",
            "solaris backup now, which reads what is still open; then stop, put store and format "
            "of SOLARIS_DATA_DIR aside, start, and solaris restore --replace that backup",
            "faça agora um solaris backup, que lê o que ainda está aberto; depois pare, tire store "
            "e format de SOLARIS_DATA_DIR, inicie e use solaris restore --replace com esse backup",
        ),
        Reason(
            "queues_silent",
            "queue",
            _UNHEALTHY,
            "the queues do not answer: usage is written to the books directly",
            "as filas não respondem: o uso é gravado direto nos livros",
            "the store's process on one machine; elsewhere the queue service, region, permissions",
            "em uma máquina, o processo store; em outros lugares, o serviço de filas, região, "
            "permissões",
        ),
        Reason(
            "queue_stalled",
            "queue",
            _DEGRADED,
            "messages wait and none is taken: usage is booked late, nothing is lost",
            "há mensagens esperando e nenhuma é retirada: o uso é registrado com atraso",
            "worker.log: does the worker live? on AWS the usage function's errors and duration",
            "worker.log: o worker está vivo? na AWS, erros e duração da função usage",
        ),
        Reason(
            "queue_backlog",
            "queue",
            _DEGRADED,
            "over 10,000 messages wait",
            "mais de 10.000 mensagens esperam",
            "does the worker keep up? it needs processor; on AWS concurrency of the function",
            "o worker dá conta? ele precisa de processador; na AWS, da concorrência da função",
        ),
        Reason(
            "dead_letters",
            "queue",
            _DEGRADED,
            "messages failed five times and wait for somebody",
            "mensagens falharam cinco vezes e esperam por alguém",
            "solaris replay --from-dlq --dry-run; alerts and exports: their errors in worker.log",
            "solaris replay --from-dlq --dry-run; alertas e exportações: os erros em worker.log",
        ),
        Reason(
            "cache_silent",
            "redis",
            _DEGRADED,
            "Redis does not answer: each process counts rates and metrics alone",
            "o Redis não responde: cada processo conta sozinho",
            "REDIS_URL, and that Redis runs; the gateway does without",
            "REDIS_URL, e se o Redis está no ar; o gateway funciona sem ele",
        ),
        Reason(
            "upstream_missing",
            "litellm",
            _UNHEALTHY,
            "no upstream is configured",
            "nenhum upstream está configurado",
            "LITELLM_BASE_URL or OPENAI_API_KEY",
            "LITELLM_BASE_URL ou OPENAI_API_KEY",
        ),
        Reason(
            "upstream_silent",
            "litellm",
            _UNHEALTHY,
            "the upstream does not answer: requests are refused with 502 or 504 and cost nothing",
            "o upstream não responde: as requisições são recusadas e nada custam",
            "LITELLM_BASE_URL, and that the upstream runs",
            "LITELLM_BASE_URL, e se o upstream está no ar",
        ),
        Reason(
            "upstream_failing",
            "litellm",
            _UNHEALTHY,
            "the upstream answers with an error of its own",
            "o upstream responde com erro próprio",
            "the upstream's log",
            "o log do upstream",
        ),
        Reason(
            "upstream_refuses_key",
            "litellm",
            _UNHEALTHY,
            "the upstream does not take our key: every request is refused with 502, at no cost",
            "o upstream não aceita a nossa chave: toda requisição é recusada e nada custa",
            "LITELLM_API_KEY or OPENAI_API_KEY, and the keys of the providers in LiteLLM",
            "LITELLM_API_KEY ou OPENAI_API_KEY, e as chaves dos provedores no LiteLLM",
        ),
        Reason(
            "processor_busy",
            "system",
            _DEGRADED,
            "80% of the processor or more is in use",
            "80% do processador ou mais em uso",
            "what else runs here? answers get slower, nothing is lost",
            "o que mais roda aqui? as respostas ficam mais lentas, nada se perde",
        ),
        Reason(
            "memory_short",
            "system",
            _DEGRADED,
            "80% of the memory or more is in use",
            "80% da memória ou mais em uso",
            "what else runs here?",
            "o que mais roda aqui?",
        ),
        Reason(
            "disk_short",
            "system",
            _DEGRADED,
            "90% of the disk or more is in use",
            "90% do disco ou mais em uso",
            "make room before it is full: what the store cannot keep it refuses",
            "libere espaço antes que encha: o que o banco não consegue guardar, ele recusa",
        ),
        Reason(
            "clock_jumped",
            "system",
            _DEGRADED,
            "the clock was set by a minute or more, or the machine slept (told for 30 s)",
            "o relógio foi acertado em um minuto ou mais, ou a máquina dormiu (avisado por 30 s)",
            "is the time right? months, expiries and sign-ins go by it; no answer is booked twice "
            "or lost",
            "a hora está certa? meses, prazos e sessões seguem o relógio; nenhuma resposta é "
            "registrada em dobro nem se perde",
        ),
        Reason(
            "program_unsteady",
            "system",
            _DEGRADED,
            "a program ended three times within a minute of its start; it is started again and "
            "again, the others go on",
            "um programa terminou três vezes em menos de um minuto; ele é reiniciado sempre, e os "
            "outros continuam",
            "its log says why: the file logs/<name>.log of the data directory; `programs` names it",
            "o log diz o motivo: logs/<nome>.log no diretório de dados; `programs` diz qual é",
        ),
        Reason(
            "machine_unknown",
            "system",
            _UNHEALTHY,
            "the load of the machine cannot be read",
            "não é possível ler a carga da máquina",
            "functions.log names the error",
            "functions.log diz qual é o erro",
        ),
    )
}

SILENT: Mapping[str, str] = {
    "database": "store_silent",
    "queue": "queues_silent",
    "redis": "cache_silent",
    "litellm": "upstream_silent",
    "system": "machine_unknown",
}
"""The reason when a part's check fails or does not end."""

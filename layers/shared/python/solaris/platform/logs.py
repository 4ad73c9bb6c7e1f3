"""Structured logs: one JSON object a line on standard error.

Every line has timestamp, level, logger, message, module, function and line, and the ids and
figures that its code binds (request_id, user_id, model, tokens_used). Never prompts, answers,
keys or passwords.
"""

import logging
import sys
from typing import Any, cast

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

_RENAMED = {"event": "message", "func_name": "function", "lineno": "line"}


def get_logger(name: str) -> Any:
    """A logger; `log.info("event_name", user_id=…)`."""
    return structlog.get_logger(name)


def configure_logging(level: str) -> None:
    """Send this project's and the libraries' logs to standard error as JSON lines."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="timestamp"),
        structlog.processors.CallsiteParameterAdder(
            [
                structlog.processors.CallsiteParameter.MODULE,
                structlog.processors.CallsiteParameter.FUNC_NAME,
                structlog.processors.CallsiteParameter.LINENO,
            ]
        ),
        structlog.processors.format_exc_info,
        _rename,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_dumps)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=_NamedLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_dumps),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    # The libraries narrate every call at INFO; their warnings are enough.
    root.setLevel(max(logging.WARNING, logging.getLevelName(level)))


class _NamedLoggerFactory:
    """Writes lines to standard error; remembers the logger's name for the `logger` field."""

    def __call__(self, *args: Any) -> WrappedLogger:
        return _NamedLogger(str(args[0]) if args else "solaris")


class _NamedLogger:
    def __init__(self, name: str) -> None:
        self.name = name

    def msg(self, line: str) -> None:
        sys.stderr.write(line + "\n")
        sys.stderr.flush()

    debug = info = warning = error = critical = exception = log = fatal = msg


def _rename(logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    for old, new in _RENAMED.items():
        if old in event:
            event[new] = event.pop(old)
    if "logger" not in event:
        event["logger"] = cast("_NamedLogger", logger).name if logger is not None else "root"
    return event


def _dumps(value: Any, **_: Any) -> str:
    return orjson.dumps(value, default=str).decode()

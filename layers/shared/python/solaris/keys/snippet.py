"""What is pasted into librechat.yaml."""

from collections.abc import Sequence

from solaris.platform.settings import Settings


def librechat_snippet(
    settings: Settings,
    *,
    key: str | None = None,
    models: Sequence[str] = ("gpt-4o-mini",),
    where: str = "in LibreChat's .env: SOLARIS_API_KEY=<the key>",
) -> str:
    """A librechat.yaml endpoint for this gateway.

    Without `key` it refers to LibreChat's .env, as `where` says: a key that is printed again
    elsewhere leaks.
    """
    host = "127.0.0.1" if settings.host in {"0.0.0.0", "::"} else settings.host  # noqa: S104 - compared, not bound
    root = (settings.public_url or f"http://{host}:{settings.port}").rstrip("/")
    api_key = f'"{key}"' if key else f'"${{SOLARIS_API_KEY}}"   # {where}'
    names = ", ".join(f'"{model}"' for model in models)
    return f"""\
endpoints:
  custom:
    - name: "IA SOLARIS"
      apiKey: {api_key}
      baseURL: "{root}/v1"
      headers:
        X-User-Email: "{{{{LIBRECHAT_USER_EMAIL}}}}"
        X-User-Name: "{{{{LIBRECHAT_USER_NAME}}}}"
        X-Conversation-Id: "{{{{LIBRECHAT_BODY_CONVERSATIONID}}}}"
      models:
        default: [{names}]
        fetch: true
      addParams:
        streamUsage: true
        maxRetries: 2
      titleConvo: true
      titleModel: "current_model"
      titleTiming: "final"
"""

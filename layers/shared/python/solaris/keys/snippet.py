"""What is pasted into librechat.yaml."""

from collections.abc import Sequence


def librechat_snippet(
    root: str,
    *,
    key: str | None = None,
    models: Sequence[str] = ("gpt-4o-mini",),
    where: str = "in LibreChat's .env: SOLARIS_API_KEY=<the key>",
) -> str:
    """A librechat.yaml endpoint for the gateway at `root` (no slash at its end).

    Without `key` it refers to LibreChat's .env, as `where` says: a key that is printed again
    elsewhere leaks.
    """
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

"""What is pasted into librechat.yaml."""

from collections.abc import Sequence


def librechat_snippet(
    root: str,
    *,
    key: str | None = None,
    models: Sequence[str] = ("gpt-4o-mini",),
    group_headers: Sequence[str] = (),
    token_header: str | None = None,
    where: str = "in LibreChat's .env: SOLARIS_API_KEY=<the key>",
) -> str:
    """A librechat.yaml endpoint for the gateway at `root` (no slash at its end).

    Without `key` it refers to LibreChat's .env, as `where` says: a key that is printed again
    elsewhere leaks. `group_headers` are those of IDENTITY_GROUP_HEADERS: LibreChat tells its role
    in the first that is none of Open WebUI's. `token_header` is OIDC_TOKEN_HEADER.
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
{_group_line(group_headers)}{_token_line(token_header)}\
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


def _group_line(headers: Sequence[str]) -> str:
    name = next((one for one in headers if not one.startswith("x-openwebui-")), None)
    return "" if name is None else f'        {name.title()}: "{{{{LIBRECHAT_USER_ROLE}}}}"\n'


def _token_line(header: str | None) -> str:
    # what LibreChat keeps of people who sign in by OpenID Connect, with OPENID_REUSE_TOKENS
    return (
        "" if header is None else f'        {header.title()}: "{{{{LIBRECHAT_OPENID_ID_TOKEN}}}}"\n'
    )

"""`solaris mail`: what the mails look like."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from solaris.platform.terminal.environment import load_run_environment
from solaris.platform.terminal.output import AsJson, as_json, say

app = typer.Typer(no_args_is_help=True, help="Mails: what users and admins get to read.")


class Language(StrEnum):
    """The languages that the mails are written in."""

    PT_BR = "pt-BR"
    EN = "en"


@app.callback()
def mail() -> None:
    """Mails: what users and admins get to read."""


@app.command()
def preview(
    *,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Where to write; made if it does not exist.")
    ] = Path("mail-preview"),
    locale: Annotated[
        Language | None, typer.Option(help="One language only; both otherwise.")
    ] = None,
    json: AsJson = False,
) -> None:
    """Write every mail with made-up figures as .html, .txt and .eml. Sends nothing.

    An .eml opens in a mail program, with the headers as they would be sent.

    Example: solaris mail preview --out /tmp/mails --locale en
    """
    # imported here: the parts take a while to load, and --help needs none of them
    from solaris.alerts.mail_samples import ANA, samples  # noqa: PLC0415 - see above
    from solaris.alerts.mails import MailRenderer, compose  # noqa: PLC0415 - see above
    from solaris.platform.clock import now  # noqa: PLC0415 - see above
    from solaris.platform.settings import load_settings  # noqa: PLC0415 - see above

    load_run_environment()
    settings = load_settings()
    if out.exists() and not out.is_dir():
        msg = f"is not a directory: {out}"
        raise typer.BadParameter(msg, param_hint="--out")
    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for language in [locale] if locale else list(Language):
        support = settings.support_email or "suporte@example.com"
        renderer = MailRenderer(language.value, support_email=support)
        for name, rendered in samples(renderer, settings.zone):
            path = out / f"{name}.{language.value}"
            message = compose(
                rendered,
                from_email=settings.from_email,
                to=[ANA.email],
                mail_id=path.name,
                now=now(),
                reply_to=support,
            )
            _suffixed(path, "html").write_text(rendered.html, encoding="utf-8")
            _suffixed(path, "txt").write_text(rendered.text, encoding="utf-8")
            _suffixed(path, "eml").write_bytes(message.as_bytes())
            written.append(path)
    if json:
        as_json({"folder": str(out), "mails": [path.name for path in written]})
    say(f"{len(written)} mails in {out}, each as .html, .txt and .eml")


def _suffixed(path: Path, suffix: str) -> Path:
    return path.with_name(f"{path.name}.{suffix}")

"""README.pt-BR.md says what there is: commands that exist, texts and names as people see them."""

import os
import re
import shlex
from pathlib import Path

import pytest
import typer
import typer.main
import yaml

from solaris.cli.main import app
from solaris.domain.alerts import ALERT_DAYS, Audience
from solaris.domain.audit import AUDIT_DAYS
from solaris.domain.exports import EXPORT_DAYS
from solaris.domain.personal_links import LINK_DAYS
from solaris.domain.thresholds import Threshold
from solaris.http import _STATUS
from solaris.mail.words import THRESHOLD_WORDS
from solaris.settings import Settings
from solaris.storage.records import RECORD_DAYS
from solaris.texts import error_text

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.pt-BR.md").read_text(encoding="utf-8")
USAGE_ERROR = typer.BadParameter.__bases__[0]  # typer gives it no public name
COMPOSE = "localstack-compose.yaml"
ACCOUNT_STATUS = 403
FILLED = {
    "model_not_allowed": {"model": "gpt-5.4"},
    "insufficient_quota": {"used": "1.000.000", "granted": "1.000.000", "renews": "01/12"},
    "tokens_held": {"seconds": "5"},
    "bookings_late": {"seconds": "15"},
    "rate_limit_exceeded": {"seconds": "3"},
    "overloaded": {"seconds": "5"},
    "payload_too_large": {"limit": "20 MiB"},
}
# LibreChat's own, and the provider's that must not be there
FOREIGN = {"ENDPOINTS", "SOLARIS_BASE_URL", "SOLARIS_API_KEY", "OIDC_…"}
MENU = ("dashboard", "users", "reports", "alerts", "keys", "audit", "admins", "settings")
# words of the guide, and where the site has them
SITE_WORDS = {
    "users/actionTexts.ts": ("Ativar", "Adicionar tokens", "Excluir usuário", "Editar"),
    "users/userTexts.ts": (
        *("Usado", "Reservado", "Disponível", "estimado", "Movimentações", "Meses fechados"),
    ),
    "users/texts.ts": (
        *("Ativo", "Suspenso", "Bloqueado", "Pendente"),
        *("Teste", "Básico", "Pro", "Empresarial"),
    ),
    "admins/texts.ts": ("Administrador", "Somente leitura"),
}


def commands() -> list[list[str]]:
    """Every command of every block, its words without variables in front and comments."""
    blocks = re.findall(r"```(?:sh|bash)\n(.*?)```", README, re.DOTALL)
    lines = [line.strip() for block in blocks for line in block.splitlines() if line.strip()]
    return [_unprefixed(shlex.split(line, comments=True)) for line in lines]


def _unprefixed(words: list[str]) -> list[str]:
    while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
        words = words[1:]
    return words


def rows(heading: str) -> list[list[str]]:
    """The cells of the first table below a heading."""
    part = README.split(f" {heading}\n")[1]
    table = re.search(r"(?:^[ ]*\|.*\n)+", part, re.MULTILINE)
    assert table is not None
    lines = table[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]


def _check_make(words: list[str]) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{re.escape(words[0])}:.*## ", makefile, re.MULTILINE), words[0]


def _check_solaris(words: list[str]) -> None:
    command = typer.main.get_command(app)
    context = command.make_context("solaris", list(words), resilient_parsing=True)
    rest = list(words)
    while isinstance(listed := getattr(command, "commands", None), dict) and rest:
        assert rest[0] in listed, words
        command = listed[rest.pop(0)]
    command.make_context("solaris", rest, parent=context)  # a wrong or missing option raises


def _check_compose(words: list[str]) -> None:
    assert words[:3] == ["compose", "-f", COMPOSE]
    services = yaml.safe_load((ROOT / COMPOSE).read_text(encoding="utf-8"))["services"].values()
    known = {profile for service in services for profile in service.get("profiles", [])}
    named = {words[n + 1] for n, word in enumerate(words) if word == "--profile"}
    assert named <= known


def _check_script(words: list[str]) -> None:
    assert os.access(ROOT / words[0], os.X_OK), words[0]


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_exists(command: list[str]) -> None:
    checks = {
        "make": _check_make,
        "solaris": _check_solaris,
        ".venv/bin/solaris": _check_solaris,
        "docker": _check_compose,
        "sudo": _check_script,
        "sh": _check_script,
    }
    checks[command[0]](command[1:])


@pytest.mark.parametrize("wrong", ["users nothing", "users suspend --reason x", "reset --wet-run"])
def test_a_command_that_does_not_exist_would_be_found(wrong: str) -> None:
    with pytest.raises((AssertionError, USAGE_ERROR)):
        _check_solaris(wrong.split())


def test_the_guide_has_the_commands_that_matter() -> None:
    said = [" ".join(command) for command in commands()]
    for needed in (
        *("make up", "make demo", "make deploy", "make destroy", "make cost"),
        *(f"docker compose -f {COMPOSE} up", "sudo infra/install.sh"),
        *(".venv/bin/solaris backup", ".venv/bin/solaris restore", "solaris doctor"),
    ):
        assert any(line.startswith(needed) for line in said), needed


def test_every_refusal_has_its_status_and_the_text_that_people_read() -> None:
    statuses = {error.code: status for error, (status, _) in _STATUS.items()}
    table = rows("O que o gateway recusa, e o que fazer")
    for status, quoted_code, text, _ in table:
        code = quoted_code.strip("`")
        assert text == f'"{error_text(code, "pt-BR", **FILLED.get(code, {}))}"'
        assert int(status) == statuses.get(code, ACCOUNT_STATUS)
    answered = {row[1].strip("`") for row in table}
    assert {*FILLED, "account_suspended", "user_not_identified", "upstream_error"} <= answered


def test_the_faq_quotes_refusals_as_they_are() -> None:
    asked = README.split("## Perguntas de quem usa")[1].split("\n## ")[0]
    assert error_text("insufficient_quota", "pt-BR", **FILLED["insufficient_quota"]).startswith(
        re.findall(r'"([^"]+)"', asked)[0]
    )
    for code in ("rate_limit_exceeded", "account_suspended"):
        assert f'"{error_text(code, "pt-BR", **FILLED.get(code, {}))}"' in asked


def test_the_pages_have_the_names_of_the_site_s_menu() -> None:
    texts = (ROOT / "admin_site/src/app/texts.ts").read_text(encoding="utf-8")
    portuguese = dict(re.findall(r'^    (\w+): "(.*)",$', texts.split("  en: {")[0], re.MULTILINE))
    assert [row[0].strip("*") for row in rows("Primeiro acesso")] == [
        portuguese[key] for key in MENU
    ]


@pytest.mark.parametrize("file", sorted(SITE_WORDS))
def test_words_of_the_guide_are_the_site_s(file: str) -> None:
    texts = (ROOT / "admin_site/src/features" / file).read_text(encoding="utf-8")
    for word in SITE_WORDS[file]:
        assert f'"{word}"' in texts.split("  en: {")[0]
        assert word in README


def test_the_mails_have_their_subjects() -> None:
    words = THRESHOLD_WORDS["pt-BR"]
    thresholds = (Threshold.WARNING, Threshold.CRITICAL, Threshold.BLOCK)
    filled = {"percentage": "80 %", "month": "novembro", "who": "Ana"}
    for row, threshold in zip(rows("Alertas e e-mails"), thresholds, strict=False):
        for cell, audience in zip(row[1:], (Audience.USER, Audience.ADMINS), strict=True):
            assert cell == f'"{words[audience][threshold].subject.format(**filled)}"'


def test_how_long_data_is_kept_is_true() -> None:
    kept = {row[0].split(":")[0].split(" (")[0]: row[2] for row in rows("LGPD")}
    assert RECORD_DAYS // 30 == ALERT_DAYS // 30 == 13
    assert kept["por requisição"] == "13 meses"
    assert kept["alertas e situação dos e-mails"] == "13 meses"
    assert (AUDIT_DAYS, kept["auditoria"]) == (730, "2 anos")
    assert kept["arquivos exportados"] == f"{EXPORT_DAYS} dias"
    assert f"(`/me/`, {LINK_DAYS} dias)" in README


def test_every_variable_is_a_setting() -> None:
    prose = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
    named = set(re.findall(r"`([A-Z][A-Z0-9]*_[A-Z0-9_…]+|ENDPOINTS)(?:=[^`]*)?`", prose))
    assert named - FOREIGN == named & {name.upper() for name in Settings.model_fields}


def test_links_lead_somewhere() -> None:
    headings = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
    for target in re.findall(r"\]\(([^)]+)\)", README):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        elif "://" not in target:
            assert (ROOT / target).exists(), target

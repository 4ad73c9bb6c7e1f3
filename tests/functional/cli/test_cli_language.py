"""The command line in pt-BR, its default, and what decides the language."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from solaris.app import Parts
from solaris.cli import app
from solaris.ledger.dead_letters import DEAD_LETTERS
from solaris.platform.terminal.environment import RUN_FILE
from tests.functional.cli.cli_support import (  # noqa: F401 - fixtures
    ANA,
    change,
    error_of,
    event,
    parts_fixture,
    run,
    store_fixture,
    stored,
    use,
)
from tests.functional.cli.test_cli_elsewhere import CLOSED, refusal

PT = "pt-BR"


def say(*arguments: str, code: int = 0, stdin: str = "") -> str:
    """What a command says in Portuguese."""
    return run(*arguments, code=code, stdin=stdin, lang=PT).stdout


def call(*arguments: str) -> Result:
    """A call without --lang."""
    return CliRunner().invoke(app, list(arguments))


# which language


@pytest.fixture(name="nothing_set")
def nothing_set_fixture(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """No setting of ours, and an empty data directory."""
    for name in [one for one in os.environ if one.startswith(("SOLARIS", "LOCALE", "AWS_END"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("SOLARIS_DATA_DIR", str(tmp_path))
    return tmp_path


def test_portuguese_is_the_default(nothing_set: Path) -> None:
    assert "Uso: solaris" in call("--help").stdout
    assert "Usage: solaris" in call("--lang", "en", "--help").stdout
    assert "Usage: solaris" in call("--lang=en", "--help").stdout


def test_locale_is_the_language_and_the_option_outdoes_it(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCALE", "en")
    assert "Usage: solaris" in call("--help").stdout
    assert "Uso: solaris" in call("--lang", PT, "--help").stdout
    monkeypatch.setenv("LOCALE", "")
    assert "Uso: solaris" in call("--help").stdout


def test_the_running_systems_language_is_taken(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (nothing_set / RUN_FILE).write_text("LOCALE=en\nAWS_ENDPOINT_URL=http://127.0.0.1:1\n")
    assert "Usage: solaris" in call("--help").stdout
    assert "LOCALE" not in os.environ
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:2")  # another system is asked for
    assert "Uso: solaris" in call("--help").stdout


def test_settings_that_are_wrong_are_in_nobodys_way(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", "many")
    monkeypatch.setenv("LOCALE", "klingon")
    monkeypatch.setattr(
        "solaris.app.Parts.__init__", lambda *_: pytest.fail("the store was opened")
    )
    assert "Uso: solaris users" in call("users", "--help").stdout
    assert call("--version").exit_code == 0


def test_what_stands_after_the_command_is_the_commands_own(nothing_set: Path) -> None:
    answer = call("users", "suspend", ANA, "--lang", "en")
    assert answer.exit_code == 2
    assert "A opção --lang não existe" in answer.output


def test_a_language_that_there_is_not_is_a_wrong_call(nothing_set: Path) -> None:
    answer = call("--lang", "fr", "users", "list")
    assert answer.exit_code == 2
    assert "'pt-BR', 'en'" in answer.output


# users


def test_a_user_is_shown(parts: Parts) -> None:
    assert "ana@example.com foi criado: plano básico, 1.000.000 tokens por mês, renova em " in say(
        "users", "create", ANA, "--name", "Ana"
    )
    for n in range(2):
        parts.ledger.recorder.record_one(event(parts, f"r{n}", tokens=5_750))
    shown = say("users", "show", ANA)
    for part in (
        r"usuário +ana@example.com  Ana",
        r"status +ativo",
        r"plano +básico",
        r"limite mensal +1\.000\.000",
        r"usados +11\.500 \(1,15% da cota\)",
        r"disponíveis +988\.500",
        r"renova em +01/\d\d/\d{4} 00:00 -03",
        r"\d{4}-\d\d por modelo",
        r"MODELO +REQUISIÇÕES +ERROS +ENTRADA +SAÍDA +COBRADOS +CUSTO",
        r"Últimos usos",
        r"cobrada +r1",
    ):
        assert re.search(part, shown), (part, shown)
    in_english = run("users", "show", ANA).stdout
    assert re.search(r"status +active", in_english)
    assert re.search(r"renews +\d{4}-\d\d-01 00:00 -03", in_english)


def test_users_are_listed(parts: Parts) -> None:
    for name in ("ana", "bia"):
        run("users", "create", f"{name}@example.com")
    run("users", "suspend", "bia@example.com", "--reason", "saiu")
    use(parts, 125_000)
    shown = say("users", "list")
    assert re.search(r"E-MAIL +STATUS +PLANO +LIMITE +ADICIONAIS +USADOS +% +DISPONÍVEIS", shown)
    assert re.search(r"ana@.* ativo +básico +1\.000\.000 +0 +125\.000 +12,5 +875\.000", shown)
    assert re.search(r"bia@.* suspenso ", shown)
    assert shown.endswith("2 de 2 usuários\n")
    assert say("users", "list", "--search", "ana").endswith("1 de 1 usuário\n")


def test_changes_are_told(parts: Parts) -> None:
    run("users", "create", ANA)
    assert say("users", "add-tokens", ANA, "1,5mi", "--reason", "fechamento") == (
        "ana@example.com: tokens adicionais 0 → 1.500.000\n"
        "1.500.000 tokens a mais em todos os meses, até serem retirados\n"
        "disponíveis 1.000.000 → 2.500.000\n"
    )
    assert "limite mensal 1.000.000 → 500.000" in say("users", "set-limit", ANA, "500k")
    assert "plano básico → pro" in say("users", "set-plan", ANA, "pro")
    assert say("users", "suspend", ANA, "--reason", "saiu") == "ana@example.com: ativo → suspenso\n"
    assert "já está suspenso" in say("users", "suspend", ANA, "--reason", "saiu")
    warned = say("users", "set-enforcement", ANA, "warn", "--reason", "implantação")
    assert warned.startswith("ana@example.com só é avisado quando a cota acaba\n")
    assert "só é avisado" in say("users", "show", ANA)
    say("users", "set-enforcement", ANA, "block")
    assert "só é avisado" not in say("users", "show", ANA)
    listed = say("users", "transactions", ANA)
    assert re.search(r"tokens adicionais +\+1\.500\.000 +tokens adicionais 0 → 1\.500\.000", listed)
    assert "status ativo → suspenso" in listed
    assert listed.endswith("4 movimentações\n")
    say("users", "activate", ANA)
    use(parts, 7_000_000)
    assert "cota esgotada até 01/" in say("users", "set-limit", ANA, "100k")


def test_a_question_takes_yes_in_either_language(parts: Parts) -> None:
    for answer, code in (("n\n", 1), ("\n", 1), ("", 1), ("sim\n", 0), ("S\n", 0), ("y\n", 0)):
        run("users", "create", ANA) if parts.quota.users.of_address(ANA) is None else None
        asked = run("users", "delete", ANA, code=code, stdin=answer, lang=PT)
        assert "Excluir ana@example.com definitivamente? [s/N]" in asked.stderr
        assert ("Cancelado." in asked.stderr) == bool(code)
        if code == 0:
            assert "registros de uso anonimizados: 0" in asked.stdout
            run("users", "create", ANA)


def test_a_file_of_users_is_imported(parts: Parts, tmp_path: Path) -> None:
    people = tmp_path / "pessoas.csv"
    people.write_text("E-mail;Nome;Plano\nana@example.com;Ana;Pro\nana;;\n")
    shown = run("users", "import", str(people), code=1, lang=PT).stdout
    assert "criar: 1, alterar: 0, sem mudança: 0, com erro: 1" in shown
    assert "Não é um endereço de e-mail" in shown
    assert "plano pro" in shown
    assert "Nada foi gravado. Repita com --yes." in shown
    told = json.loads(run("users", "import", str(people), "--json", code=1, lang=PT).stdout)
    assert told == json.loads(run("users", "import", str(people), "--json", code=1).stdout)
    missing = str(tmp_path / "nobody.csv")
    assert error_of("users", "import", missing, lang=PT) == f"{missing}: não existe"


# keys, admins, reports, operation


def test_a_key_is_created_and_listed(parts: Parts) -> None:
    out = say("keys", "create", "--name", "bot", "--rate", "0.5", "--burst", "3")
    assert re.match(r"chave de serviço key_\w+, mostrada só agora:\nsk-solaris-", out)
    assert "Para o librechat.yaml:" in out
    assert "# no .env do LibreChat: SOLARIS_API_KEY=<a chave>" in out
    listed = say("keys", "list")
    assert re.search(r"CHAVE +COMEÇO +NOME +USUÁRIO +MODELOS +TAXA +ÚLTIMO USO +EXPIRA", listed)
    assert re.search(r"bot +\(serviço\) +todos +0,5/s, 3 de uma vez +nunca +nunca +ativa", listed)
    assert listed.endswith("1 chave\n")


def test_a_report_is_in_the_languages_form(parts: Parts) -> None:
    run("users", "create", ANA)
    parts.ledger.recorder.record_one(event(parts, "r", tokens=11_500))
    shown = say("reports", "usage", "--by", "day")
    assert re.match(r"DIA +REQUISIÇÕES +ERROS +ENTRADA +SAÍDA +COBRADOS +CUSTO", shown)
    assert re.search(r"\n\d\d/\d\d/\d{4} +1 +0 +11\.480 +20 +11\.500 ", shown)
    assert re.search(r"\n01/\d\d/\d{4} a \d\d/\d\d/\d{4}: 1 de 1 linha\n", shown)


def test_the_doctor_speaks_portuguese_and_its_json_does_not(parts: Parts) -> None:
    run("init")
    shown = say("doctor", code=1)
    assert re.search(r"chave secreta +gerada nesta máquina", shown)
    assert re.search(r"alertas para +ninguém", shown)
    assert "chaves do gateway: válidas agora: 1 de serviço, 0 pessoais" in shown
    assert "provedor de modelos: não configurado → LITELLM_BASE_URL ou OPENAI_API_KEY" in shown
    assert "último backup: nenhum foi feito aqui" in shown
    in_portuguese = run("doctor", "--json", code=1, lang=PT).stdout
    assert json.loads(in_portuguese) == json.loads(run("doctor", "--json", code=1).stdout)
    assert "none was made here" in in_portuguese


def test_the_books_are_compared(parts: Parts) -> None:
    run("users", "create", ANA)
    parts.ledger.recorder.record_one(event(parts, "r"))
    said = say("reconcile", "--user", ANA)
    assert said == "conferidos 1 usuário, 1 registro e 0 dias: os saldos conferem\n"
    use(parts, 5_000)
    result = run("reconcile", "--user", ANA, code=1, lang=PT)
    assert re.search(r"mês aberto .* tokens usados ", result.stdout)
    assert re.search(r"solaris: \d diferenças? continuam?\n", result.stderr)


def test_init_and_replay(parts: Parts) -> None:
    assert "primeiro administrador admin@localhost, senha:" in say("init")
    assert re.search(r"chave de serviço key_\w+ já existe", say("init"))
    assert say("replay", "--from-dlq") == (
        "fila de mensagens que falharam: registrados: 0, já registrados: 0, falharam: 0\n"
    )
    parts.platform.queues.send(DEAD_LETTERS, "not an event")
    told = run("replay", "--from-dlq", code=1, lang=PT).stderr
    assert re.fullmatch(r"solaris: não registrado: mensagem \S+: não é JSON\n", told)


# errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("users", "show", "Zoe@example.com"), "usuário não encontrado: zoe@example.com"),
        (("users", "create", "ana"), "Não é um endereço de e-mail"),
        (
            ("users", "create", ANA, "--limit", "99999"),
            "O limite mensal deve ser de 100.000 a 10.000.000 tokens",
        ),
        (("keys", "create", "--user", "ana"), "userEmail: não é um endereço de e-mail: 'ana'"),
        (
            ("keys", "create", "--expires-in", "0"),
            "expiresInDays: uma chave expira em 1 a 3.650 dias",
        ),
        (("keys", "create", "--burst", "3"), "rateLimitBurst: uma rajada precisa de uma taxa"),
        (
            ("reports", "usage", "--from", "2020-01-01", "--to", "2026-01-01"),
            "um relatório abrange de 1 a ",
        ),
        (("keys", "revoke", "key_nothing"), "chave não encontrada: key_nothing"),
        (("admins", "remove", "zoe@example.com"), "administrador não encontrado: zoe@example.com"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_code_1(
    parts: Parts, arguments: tuple[str, ...], message: str
) -> None:
    assert message in error_of(*arguments, lang=PT)
    assert message not in error_of(*arguments)


def test_a_user_who_exists_and_tokens_that_were_not_granted(parts: Parts) -> None:
    run("users", "create", ANA)
    assert error_of("users", "create", ANA, lang=PT) == (
        f"já existe um usuário com este endereço: {ANA}"
    )
    told = error_of("users", "add-tokens", ANA, "-5001", "--reason", "engano", lang=PT)
    assert told == "Não é possível retirar 5.001 tokens: só 0 são concedidos todo mês"


def test_a_setting_that_is_wrong_is_named(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    from solaris.platform.settings import load_settings  # noqa: PLC0415 - cleared here alone

    monkeypatch.setenv("PORT", "many")
    load_settings.cache_clear()
    told = error_of("users", "list", lang=PT)
    assert told.startswith("Uma configuração falta ou está errada (PORT: ")


@pytest.mark.parametrize(
    ("variables", "searched"), [({}, ".solaris"), ({"SOLARIS_DATA_DIR": "elsewhere"}, "elsewhere")]
)
def test_no_system_runs_there(tmp_path: Path, variables: dict[str, str], searched: str) -> None:
    line = refusal(tmp_path, "users", "list", **variables)
    assert line.startswith(
        f"solaris: nenhum sistema está no ar em {tmp_path / searched} (SOLARIS_DATA_DIR indica"
    )
    assert "não há credenciais da AWS" in line
    in_english = refusal(tmp_path, "users", "list", **variables, LOCALE="en")
    assert in_english.startswith("solaris: no system runs in")


def test_a_store_that_does_not_answer(tmp_path: Path) -> None:
    line = refusal(tmp_path, "users", "list", **CLOSED)
    assert line.startswith("solaris: o banco de dados não responde; o sistema está no ar?")


# for programs


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "show", ANA),
        ("users", "list"),
        ("users", "transactions", ANA),
        ("reports", "usage"),
        ("reconcile",),
        ("replay", "--from-dlq"),
        ("admins", "list"),
        ("keys", "list"),
    ],
    ids=" ".join,
)
def test_json_is_the_same_in_every_language(parts: Parts, arguments: tuple[str, ...]) -> None:
    run("users", "create", ANA)
    run("users", "add-tokens", ANA, "5000", "--reason", "fim do mês")
    run("keys", "create")
    found = [json.loads(run(*arguments, "--json", lang=one).stdout) for one in (PT, "en")]
    assert found[0] == found[1]


def test_the_version_and_the_shells_script_need_no_language() -> None:
    for arguments in (("--version",), ("completion", "bash"), ("completion", "zsh")):
        assert run(*arguments, lang=PT).stdout == run(*arguments).stdout


def test_a_shell_that_shows_helps_shows_them_in_the_language() -> None:
    shown = {}
    for locale in (PT, "en"):
        done = subprocess.run(
            [sys.executable, "-c", "from solaris.cli import app; app(prog_name='solaris')"],
            env={
                **os.environ,
                "LOCALE": locale,
                "_SOLARIS_COMPLETE": "complete_zsh",
                "_TYPER_COMPLETE_ARGS": "solaris use",
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        shown[locale] = done.stdout
    assert "Contas e suas cotas." in shown[PT]
    assert "Accounts and their quotas." in shown["en"]

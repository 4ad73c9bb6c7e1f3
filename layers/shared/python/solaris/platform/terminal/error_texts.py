"""What went wrong, for people: the project's errors in pt-BR and en.

An error's own message is English, for logs; its rule (platform/texts.py) and these patterns say
the same in pt-BR. What none of them knows is told by its code, with the message in brackets, as
what AWS or a disk says always is.
"""

import re

from solaris.platform.errors import InvalidRequestError, SolarisError
from solaris.platform.terminal.command_texts import TEXTS
from solaris.platform.terminal.language import Texts, language
from solaris.platform.texts import Locale, error_codes, error_text, rule_text

# in pt-BR: English is what errors are raised in
_t = Texts(TEXTS, "pt-BR")

# Messages as they are raised (tests/contract holds that each still is), and the same in pt-BR;
# what a pattern has in brackets goes into the holes.
MESSAGES: tuple[tuple[str, str], ...] = (
    (r"no such user: (.+)", "usuário não encontrado: {0}"),
    (r"no such grant: (.+)", "concessão não encontrada: {0}"),
    (
        r"users? (?:.+ )?changed under ([\d,]+) attempts",
        "houve mudanças demais ao mesmo tempo ({0} tentativas); tente novamente",
    ),
    (r"user exists already: (.+)", "já existe um usuário com este endereço: {0}"),
    (r"no such alias: (.+)", "não é um endereço antigo de ninguém: {0}"),
    (r"the address (.+) changed hands; try again", "o endereço {0} mudou de dono; tente novamente"),
    (r"no user has the address (.+)", "nenhum usuário tem o endereço {0}"),
    (r"not an e-mail address: (.+)", "não é um endereço de e-mail: {0}"),
    (r"no such channel", "canal não encontrado"),
    (r"no such alert", "alerta não encontrado"),
    (
        r"the system has closed this alert: its cause is gone",
        "o sistema encerrou este alerta: a causa acabou",
    ),
    (
        r"somebody else has changed the channel meanwhile",
        "outra pessoa mudou o canal enquanto isso; tente novamente",
    ),
    (r"no such key", "chave não encontrada"),
    (r"no such key: (.+)", "chave não encontrada: {0}"),
    (r"several keys are meant: (.+)", "mais de uma chave corresponde: {0}"),
    (r"several keys have the id (.+)", "mais de uma chave tem o identificador {0}"),
    (r"key (.+) is revoked already", "a chave {0} já foi revogada"),
    (r"a key expires in 1 to ([\d,]+) days", "uma chave expira em 1 a {0} dias"),
    (
        r"a key expires in the future, within ([\d,]+) days",
        "uma chave expira no futuro, em até {0} dias",
    ),
    (
        r"an admin key expires in 1 to (\d+) days",
        "uma chave de administração expira em 1 a {0} dias",
    ),
    (r"a key has one scope at least", "uma chave tem ao menos um escopo"),
    (r"a burst needs a rate", "uma rajada precisa de uma taxa"),
    (r"1 to ([\d,]+) models", "de 1 a {0} modelos"),
    (
        r"not a model's name, nor the beginning of one followed by \*: (.+)",
        "não é o nome de um modelo nem o começo de um seguido de *: {0}",
    ),
    (r"([\d.]+) to ([\d,]+) requests a second", "de {0} a {1} requisições por segundo"),
    (r"1 to ([\d,]+) requests at once", "de 1 a {0} requisições de uma vez"),
    (r"a report covers 1 to ([\d,]+) days", "um relatório abrange de 1 a {0} dias"),
    (r"a filter takes at most ([\d,]+) values", "um filtro aceita no máximo {0} valores"),
    (
        r"reads more than ([\d,]+) records: narrow the range or make an export",
        "seriam lidos mais de {0} registros: reduza o intervalo ou faça uma exportação",
    ),
    (r"no such admin: (.+)", "administrador não encontrado: {0}"),
    (r"admin exists already: (.+)", "já existe um administrador com este endereço: {0}"),
    (
        r"nobody would be left with the role admin",
        "o último administrador não pode ser removido nem rebaixado",
    ),
    (r"no user (.+)", "nenhum usuário {0}"),
    (
        r"the month of user (.+) could not be opened; try again",
        "não foi possível abrir o mês do usuário {0}; tente novamente",
    ),
    (
        r"no store can be run here to restore into: --file-only checks the file alone",
        (
            "não há como iniciar aqui um banco de dados para restaurar nele: "
            "--file-only confere só o arquivo"
        ),
    ),
    (
        r"the store to restore into did not start: (.+)",
        "o banco de dados em que restaurar não iniciou: {0}",
    ),
    (r"not empty: (.+)", "não estão vazias: {0}"),
    (r"message (\S+)", "mensagem {0}"),
    (r"not JSON", "não é JSON"),
    (r"not an object", "não é um objeto"),
    (r"unknown version (.+)", "versão desconhecida {0}"),
    (r"(\w+) is not a text", "{0} não é um texto"),
    (r"(\w+) is not true or false", "{0} não é true nem false"),
    (
        r"(\w+) is not a whole number from 0 to (.+)",
        "{0} não é um número inteiro de 0 a {1}",
    ),
    (
        r"booked, but the directory was not told",
        "registrado, mas o diretório não foi avisado",
    ),
    (r"not booked, see the log", "não registrado, veja o log"),
    (r"(.+) is damaged or cut off: (.+)", "{0} está danificado ou cortado: {1}"),
    (r"the items of (.+) are not those written", "os itens de {0} não são os gravados"),
    (r"an unexpected line: (.+)", "uma linha inesperada: {0}"),
    (
        r"something stands where the end was stated",
        "há algo onde o fim foi indicado",
    ),
    (r"its end is missing", "falta o fim"),
    (r"its content is not what was written", "o conteúdo não é o gravado"),
    (r"a table is missing", "falta uma tabela"),
    (r"it cannot be unpacked \((.+)\)", "não pode ser descompactado ({0})"),
    (r"a line cannot be read", "uma linha não pode ser lida"),
    (r"a line is cut off or too long", "uma linha está cortada ou é longa demais"),
    (r"this is no backup of IA SOLARIS", "não é um backup da IA SOLARIS"),
    (
        r"a backup of format (.+); this program reads format (.+)",
        "um backup do formato {0}; este programa lê o formato {1}",
    ),
    (
        r"(.+) holds tables that this program does not know: (.+)",
        "{0} tem tabelas que este programa não conhece: {1}",
    ),
    (
        (
            r"(.+): not as in the file when read back; is the system in use\? "
            r"Stop what uses it and run the restore again"
        ),
        (
            "{0}: o que foi lido de volta difere do arquivo; o sistema está em uso? "
            "Pare o que o usa e execute a restauração de novo"
        ),
    ),
    (
        r"(\d+) queued events cannot be booked, among them (.+)",
        "{0} eventos da fila não podem ser registrados, entre eles {1}",
    ),
)
_FIELD = re.compile(r"([A-Za-z]+): (.+)")
_COMMA = re.compile(r"(?<=\d),(?=\d{3})")


def told(error: SolarisError, locale: Locale | None = None) -> str:
    """An error in the language of this call, or of `locale`: one line, without a remedy."""
    message = str(error)
    if (locale or language()) == "en":
        return message or error.code
    if isinstance(error, InvalidRequestError) and error.rule is not None:
        return rule_text(error.rule, "pt-BR", error.values)
    found = _known(message)
    if found is None and (field := _FIELD.fullmatch(message)):
        known = _known(field[2])
        found = None if known is None else f"{field[1]}: {known}"
    return found or _by_code(error, message)


def in_words(message: str) -> str:
    """One of these messages in the language of this call; any other as it is."""
    return message if language() == "en" else _known(message) or message


def _known(message: str) -> str | None:
    for pattern, text in MESSAGES:
        if found := re.fullmatch(pattern, message):
            return text.format(*(_known(one) or _COMMA.sub(".", one) for one in found.groups()))
    return None


def _by_code(error: SolarisError, message: str) -> str:
    said = _t.word("error", error.code)
    if said == error.code:
        try:
            said = error_text(error.code, "pt-BR") if error.code in error_codes() else _t("error")
        except KeyError:  # a text with figures that only its own error has
            said = _t("error")
    return f"{said.rstrip('.')} ({message})" if message else said

"""What alerts about causes say, in pt-BR and en: records, mails to admins and to a key's owner.

A record about a person begins with their address: it gives way to another when they are deleted.
"""

from collections.abc import Mapping

from solaris.alerts.mail_words import MailWords
from solaris.platform.texts import Locale

RECORDS: Mapping[Locale, Mapping[str, tuple[str, str]]] = {
    "pt-BR": {
        "person": (
            "Pessoa aguarda ativação",
            "{who} fez a primeira requisição em {since} e não é atendido até ser ativado.",
        ),
        "key": (
            "Chave expira em breve",
            "A chave {key} expira em {until}; depois disso ela é recusada.",
        ),
        "own_key": (
            "Chave pessoal expira em breve",
            "{who} tem a chave {key}, que expira em {until}; depois disso ela é recusada.",
        ),
        "upstream": (
            "Provedor de modelos falhando",
            "{failed} de {requests} requisições falharam no provedor em {minutes} min (5xx, 429).",
        ),
        "books": (
            "Os saldos não conferem",
            "A conferência dos saldos de {found} encontrou {differences}.",
        ),
    },
    "en": {
        "person": (
            "A person waits for activation",
            "{who} made a first request on {since} and is not served until activated.",
        ),
        "key": (
            "A key is about to expire",
            "The key {key} expires on {until}; its requests are refused from then on.",
        ),
        "own_key": (
            "A personal key is about to expire",
            "{who} has the key {key}, which expires on {until} and is refused from then on.",
        ),
        "upstream": (
            "The upstream is failing",
            "{failed} of {requests} requests have failed upstream in {minutes} minutes (5xx, 429).",
        ),
        "books": (
            "The balances differ",
            "The balance check of {found} has found {differences}.",
        ),
    },
}

COUNTED: Mapping[Locale, tuple[str, str]] = {
    "pt-BR": ("{n} diferença", "{n} diferenças"),
    "en": ("{n} difference", "{n} differences"),
}

SOMEBODY: Mapping[Locale, str] = {"pt-BR": "Um usuário", "en": "A user"}

MAILS: Mapping[Locale, Mapping[str, MailWords]] = {
    "pt-BR": {
        "person": MailWords(
            subject="{who} aguarda ativação",
            preheader="A primeira requisição foi em {since}. Até ser ativado, tudo é recusado.",
            badge="Aguarda ativação",
            heading="{who} aguarda ativação",
            intro="{who} fez a primeira requisição em {since}. Pela configuração (AUTO_PROVISION), "
            "quem chega assim só é atendido depois que alguém da administração ativa.",
            steps=(
                "Na página da pessoa, use Ativar; ou: solaris users activate {command}",
                "Se ela não deve ter acesso, exclua o usuário. O alerta se encerra sozinho.",
            ),
        ),
        "key": MailWords(
            subject="A chave {key} expira em {until}",
            preheader="Depois disso, as requisições feitas com ela são recusadas.",
            badge="Chave perto do fim",
            heading="A chave {key} expira em {until}",
            intro="Quem usa esta chave deixa de ser atendido em {until}. Os avisos são três: 30, "
            "7 e 1 dias antes.",
            steps=(
                "Em Chaves, adie o fim; ou crie outra chave e troque-a em quem a usa.",
                "Se ninguém mais a usa, revogue-a. O alerta se encerra sozinho.",
            ),
        ),
        "own_key": MailWords(
            subject="Sua chave {key} expira em {until}",
            preheader="Depois disso, os programas que a usam são recusados.",
            badge="Chave perto do fim",
            heading="Sua chave {key} expira em {until}",
            intro="Os programas que usam esta sua chave deixam de ser atendidos em {until}.",
            steps=(
                "Peça à administração que adie o fim, ou que crie outra chave para você.",
                "Troque a chave nos seus programas antes disso.",
            ),
        ),
        "upstream": MailWords(
            subject="O provedor de modelos está falhando",
            preheader="{failed} de {requests} requisições dos últimos {minutes} minutos falharam.",
            badge="Provedor falhando",
            heading="O provedor de modelos está falhando",
            intro="Das últimas {requests} requisições, de {minutes} minutos, {failed} falharam "
            "no provedor (status 5xx ou 429): quem pediu recebeu um erro.",
            steps=(
                "Veja em Relatórios, por status, quais modelos falham; e rode: solaris doctor",
                "Se o status é 429, quem recusa é o provedor: confira o contrato e os limites lá.",
                "Quando elas voltarem a ser atendidas, o alerta se encerra sozinho.",
            ),
        ),
        "books": MailWords(
            subject="Os saldos não conferem: {differences}",
            preheader="A conferência de {found} encontrou somas que os registros não dizem.",
            badge="Conferência dos saldos",
            heading="Os saldos não conferem",
            intro="A conferência de {found} encontrou {differences} entre os registros de uso, que "
            "valem, e as somas feitas deles: a cota de alguém pode estar errada.",
            steps=(
                "Veja quais são: solaris reconcile",
                "Para corrigir as somas pelos registros: solaris reconcile --repair",
                "O alerta se encerra com a próxima conferência que não encontrar nenhuma.",
            ),
        ),
    },
    "en": {
        "person": MailWords(
            subject="{who} waits for activation",
            preheader="The first request was on {since}. Until activated, all is refused.",
            badge="Waits for activation",
            heading="{who} waits for activation",
            intro="{who} made a first request on {since}. By the setting AUTO_PROVISION whoever "
            "comes like that is served once an admin has activated them.",
            steps=(
                "On the person's page, use Activate; or: solaris users activate {command}",
                "If they shall have no access, delete the user. The alert closes by itself.",
            ),
        ),
        "key": MailWords(
            subject="The key {key} expires on {until}",
            preheader="Requests made with it are refused from then on.",
            badge="Key about to expire",
            heading="The key {key} expires on {until}",
            intro="Whoever uses this key is refused from {until} on. There are three warnings: "
            "30, 7 and 1 days before.",
            steps=(
                "In Keys, put its end off; or make another key and change to it where it is used.",
                "If nobody uses it any more, revoke it. The alert closes by itself.",
            ),
        ),
        "own_key": MailWords(
            subject="Your key {key} expires on {until}",
            preheader="Programs that use it are refused from then on.",
            badge="Key about to expire",
            heading="Your key {key} expires on {until}",
            intro="Programs that use this key of yours are refused from {until} on.",
            steps=(
                "Ask the administration to put its end off, or to make another key for you.",
                "Change the key in your programs before that.",
            ),
        ),
        "upstream": MailWords(
            subject="The upstream is failing",
            preheader="{failed} of {requests} requests of the last {minutes} minutes have failed.",
            badge="Upstream failing",
            heading="The upstream is failing",
            intro="Of the last {requests} requests, made in {minutes} minutes, {failed} have "
            "failed upstream (status 5xx or 429): whoever asked got an error.",
            steps=(
                "See in Reports, by status, which models fail; and run: solaris doctor",
                "If the status is 429, the provider refuses: look at your contract and limits.",
                "Once requests are answered again, the alert closes by itself.",
            ),
        ),
        "books": MailWords(
            subject="The balances differ: {differences}",
            preheader="The balance check of {found} has found sums that the records do not say.",
            badge="Balance check",
            heading="The balances differ",
            intro="The balance check of {found} has found {differences} between the usage "
            "records, which are the truth, and sums made of them: a quota may be wrong.",
            steps=(
                "See which they are: solaris reconcile",
                "To mend the sums by the records: solaris reconcile --repair",
                "The alert closes with the next check that finds none.",
            ),
        ),
    },
}

BUTTONS: Mapping[Locale, Mapping[str, str]] = {
    "pt-BR": {
        "user": "Abrir o usuário",
        "keys": "Abrir as chaves",
        "settings": "Ver como o sistema está",
    },
    "en": {
        "user": "Open the user",
        "keys": "Open the keys",
        "settings": "See how the system is",
    },
}

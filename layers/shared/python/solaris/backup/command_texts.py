"""What `solaris backup` and `solaris restore` say, in pt-BR and en."""

from collections.abc import Mapping

from solaris.platform.texts import Locale

TEXTS: Mapping[str, Mapping[Locale, str]] = {
    "arg.file": {
        "pt-BR": "O backup, um arquivo compactado.",
        "en": "The backup, one compressed file.",
    },
    "arg.yes": {"pt-BR": "Não pergunta.", "en": "Do not ask."},
    "STAGE": {"pt-BR": "AMBIENTE", "en": "STAGE"},
    "backup": {
        "pt-BR": "Grava todas as tabelas em um arquivo, com o sistema no ar, e o lê de volta.\n\n"
        "O arquivo é de um instante só: nele está cada requisição registrada antes do "
        "início, e cada uma que chegou depois está inteira ou não está. Ele tem nomes, "
        "endereços e hashes de chaves: só você pode ler o arquivo, guarde-o assim.\n\n"
        "Exemplo: solaris backup /var/backups/solaris-2026-11-23.gz",
        "en": "Write all tables to one file, while the system runs, and read it back.\n\n"
        "The file is of one point in time: every request booked before the start is in it, "
        "every one that came meanwhile is in it whole or not at all. It holds names, "
        "addresses and hashes of keys: it is readable by you alone, keep it so.\n\n"
        "Example: solaris backup /var/backups/solaris-2026-11-23.gz",
    },
    "backup.verify": {
        "pt-BR": "Confere um arquivo já gravado, restaura-o em um banco de dados só dele e confere "
        "os saldos.",
        "en": "Check a file that is there, restore it into a store of its own, reconcile.",
    },
    "backup.file_only": {
        "pt-BR": "Com --verify: lê o arquivo, não restaura nada.",
        "en": "With --verify: read the file, restore nothing.",
    },
    "backup.wait": {
        "pt-BR": "Espera no máximo tantos segundos pelas requisições em andamento.",
        "en": "At most so long for requests that are open now.",
    },
    "there_already": {
        "pt-BR": "{file} já existe: escolha outro nome ou remova o arquivo",
        "en": "{file} is there already: name another, or remove it",
    },
    "done": {
        "pt-BR": "{file}: {items} itens, {megabytes} MB, em {seconds} s, conferido",
        "en": "{file}: {items} items, {megabytes} MB, in {seconds} s, verified",
    },
    "whole": {"pt-BR": "{file} está íntegro", "en": "{file} is whole"},
    "difference": {
        "pt-BR": "{fault} {place} {figure}: {expected} pelos registros, {found} encontrado",
        "en": "{fault} {place} {figure}: {expected} by its records, {found} found",
    },
    "differs_one": {
        "pt-BR": "restaurado, mas há {n} diferença nos saldos",
        "en": "restored, but {n} difference stands in its books",
    },
    "differs_other": {
        "pt-BR": "restaurado, mas há {n} diferenças nos saldos",
        "en": "restored, but {n} differences stand in its books",
    },
    "users_one": {"pt-BR": "{n} usuário", "en": "{n} user"},
    "users_other": {"pt-BR": "{n} usuários", "en": "{n} users"},
    "records_one": {"pt-BR": "{n} registro", "en": "{n} record"},
    "records_other": {"pt-BR": "{n} registros", "en": "{n} records"},
    "agrees": {
        "pt-BR": "restaurado e comparado; conferidos {people} e {rows}: os saldos conferem",
        "en": "restored and compared; {people}, {rows} reconciled: the books agree",
    },
    "agrees_queued_one": {
        "pt-BR": "{agrees}, {n} evento da fila registrado",
        "en": "{agrees}, {n} queued event booked",
    },
    "agrees_queued_other": {
        "pt-BR": "{agrees}, {n} eventos da fila registrados",
        "en": "{agrees}, {n} queued events booked",
    },
    "restore": {
        "pt-BR": "Preenche as tabelas com um backup e as compara com ele.\n\n"
        "O arquivo é conferido antes de qualquer gravação. As tabelas precisam estar "
        "vazias, ou --replace as esvazia. Ninguém pode usar o sistema enquanto isso: pare "
        "antes o LibreChat ou o acesso dele. Uma restauração interrompida pode ser "
        "executada de novo.\n\n"
        "Exemplo: solaris restore /var/backups/solaris-2026-11-23.gz --replace",
        "en": "Fill the tables from a backup, and compare them with it.\n\n"
        "The file is checked before anything is written. The tables must be empty, or "
        "--replace empties them. Nobody may use the system meanwhile: stop LibreChat or "
        "its access first. A restore that was cut short can be run again.\n\n"
        "Example: solaris restore /var/backups/solaris-2026-11-23.gz --replace",
    },
    "restore.replace": {
        "pt-BR": "Esvazia as tabelas primeiro; pergunta antes.",
        "en": "Empty the tables first; asks before it does.",
    },
    "restore.into_stage": {
        "pt-BR": "O ambiente, quando não é o do backup.",
        "en": "The stage, when it is not the one that was backed up.",
    },
    "other_stage": {
        "pt-BR": "--into-stage {wanted}: este ambiente é {stage} (SOLARIS_STAGE)",
        "en": "--into-stage {wanted}: this is stage {stage} (SOLARIS_STAGE)",
    },
    "of_stage": {
        "pt-BR": "{file} é do ambiente {of}, este é {stage}: use --into-stage {stage}",
        "en": "{file} is of stage {of}, this is {stage}: say --into-stage {stage}",
    },
    "not_empty": {
        "pt-BR": "{error}; --replace esvazia antes as tabelas do ambiente {stage}",
        "en": "{error}; --replace empties the tables of stage {stage} first",
    },
    "holds": {
        "pt-BR": "o ambiente {stage} tem dados em: {tables}",
        "en": "stage {stage} holds: {tables}",
    },
    "sure": {
        "pt-BR": "Excluir tudo e restaurar o backup?",
        "en": "Delete all of it and restore the backup?",
    },
    "restored": {
        "pt-BR": "restaurado no ambiente {stage} em {seconds} s e comparado: {items} itens",
        "en": "restored into stage {stage} in {seconds} s and compared: {items} items",
    },
    "afterwards": {
        "pt-BR": "as listas do site administrativo são refeitas; `solaris reset` abre o mês, se "
        "for preciso",
        "en": "lists in the admin site are made anew; `solaris reset` opens the month where it "
        "is due",
    },
    "not_noted": {
        "pt-BR": "o backup está bom, mas não foi possível registrar que ele foi feito: {error}",
        "en": "the backup is good, but that it was made could not be kept: {error}",
    },
    "fact.stage": {"pt-BR": "ambiente", "en": "stage"},
    "fact.point": {"pt-BR": "instante", "en": "point in time"},
    "fact.program": {"pt-BR": "gravado por", "en": "written by"},
    "point": {"pt-BR": "{first} a {last}", "en": "{first} to {last}"},
    "still_open_one": {
        "pt-BR": "{n} requisição ainda estava em andamento: está no arquivo assim, e cobra a "
        "entrada depois de 15 minutos se o evento dela não chegar",
        "en": "{n} request was still open: it is in the file as open, and charges its prompt "
        "after 15 minutes unless its event still comes",
    },
    "still_open_other": {
        "pt-BR": "{n} requisições ainda estavam em andamento: estão no arquivo assim, e cobram a "
        "entrada depois de 15 minutos se os eventos delas não chegarem",
        "en": "{n} requests were still open: they are in the file as open, and charge their "
        "prompt after 15 minutes unless their events still come",
    },
    "waiting_one": {
        "pt-BR": "{n} evento ainda não registrado está no arquivo",
        "en": "{n} event that is not booked yet is in the file",
    },
    "waiting_other": {
        "pt-BR": "{n} eventos ainda não registrados estão no arquivo",
        "en": "{n} events that are not booked yet are in the file",
    },
    "queued": {
        "pt-BR": "a fila de uso tem cerca de {n} eventos; eles não estão no arquivo",
        "en": "the usage queue holds about {n} events; they are not in the file",
    },
    "dead": {
        "pt-BR": "a fila de mensagens que falharam tem cerca de {n} eventos; eles não estão no "
        "arquivo: `solaris replay --from-dlq` os registra",
        "en": "the dead-letter queue holds about {n} events; they are not in the file: `solaris "
        "replay --from-dlq` books them",
    },
    "bar": {
        "pt-BR": "tabela {table} de {tables}: {step}, {items} ({rate}/s)",
        "en": "table {table} of {tables}: {step}, {items} ({rate}/s)",
    },
    "step.reading": {"pt-BR": "lendo", "en": "reading"},
    "step.verifying": {"pt-BR": "conferindo", "en": "verifying"},
    "step.emptying": {"pt-BR": "esvaziando", "en": "emptying"},
    "step.writing": {"pt-BR": "gravando", "en": "writing"},
    "step.comparing": {"pt-BR": "comparando", "en": "comparing"},
    "step.sending": {"pt-BR": "enviando", "en": "sending"},
    "step.reconciling": {"pt-BR": "conferindo os saldos de", "en": "reconciling"},
    "step.adding up": {"pt-BR": "somando", "en": "adding up"},
    "step.waiting for open requests:": {
        "pt-BR": "esperando requisições em andamento:",
        "en": "waiting for open requests:",
    },
    "step.booking": {"pt-BR": "registrando", "en": "booking"},
}

"""What people read: the texts of refusals, in pt-BR (default) and en.

Plain text only: LibreChat parses JSON found inside an error message.
"""

from collections.abc import Mapping
from typing import Literal

Locale = Literal["pt-BR", "en"]

_ERRORS: Mapping[str, Mapping[Locale, str]] = {
    "invalid_api_key": {
        "pt-BR": "Chave de API inválida",
        "en": "Invalid API key",
    },
    "not_a_gateway_key": {
        "pt-BR": "Esta é uma chave de administração; os chats usam uma chave do gateway",
        "en": "This is an admin key; chats take a gateway key",
    },
    "user_not_identified": {
        "pt-BR": "Usuário não identificado",
        "en": "User not identified",
    },
    "account_suspended": {
        "pt-BR": "Conta suspensa. Contate o suporte.",
        "en": "Account suspended. Contact support.",
    },
    "account_blocked": {
        "pt-BR": "Conta bloqueada. Contate o suporte.",
        "en": "Account blocked. Contact support.",
    },
    "account_pending": {
        "pt-BR": "Conta pendente. Contate o suporte.",
        "en": "Account pending approval. Contact support.",
    },
    "account_deleted": {
        "pt-BR": "Conta excluída. Contate o suporte.",
        "en": "Account deleted. Contact support.",
    },
    "user_not_allowed": {
        "pt-BR": "Usuário não autorizado. Contate o suporte.",
        "en": "User not allowed. Contact support.",
    },
    "model_not_allowed": {
        "pt-BR": "Esta chave não permite o modelo {model}.",
        "en": "This key does not allow the model {model}.",
    },
    "user_model_not_allowed": {
        "pt-BR": "A regra do seu usuário não permite o modelo {model}. Você pode usar: {models}.",
        "en": "Your user's rule does not allow the model {model}. You may use: {models}.",
    },
    "user_model_not_allowed_by_group": {
        "pt-BR": "A regra do seu grupo não permite o modelo {model}. Você pode usar: {models}.",
        "en": "Your group's rule does not allow the model {model}. You may use: {models}.",
    },
    "model_not_found": {
        "pt-BR": "O modelo {model} não existe.",
        "en": "The model {model} does not exist.",
    },
    "insufficient_quota": {
        "pt-BR": "Limite de tokens esgotado. Usados {used} de {granted}. Renova em {renews}.",
        "en": "Token limit reached. Used {used} of {granted}. Renews on {renews}.",
    },
    "insufficient_quota_for_request": {
        "pt-BR": "Esta pergunta precisa de cerca de {needed} tokens e restam {left}. "
        "Usados {used} de {granted}. Renova em {renews}.",
        "en": "This request needs about {needed} tokens and {left} are left. "
        "Used {used} of {granted}. Renews on {renews}.",
    },
    "daily_limit_reached": {
        "pt-BR": "Limite de hoje atingido. Usados {used} de {limit} tokens do dia. "
        "Renova amanhã às {renews}.",
        "en": "Today's limit reached. Used {used} of {limit} tokens of the day. "
        "Renews tomorrow at {renews}.",
    },
    "daily_limit_for_request": {
        "pt-BR": "Esta pergunta precisa de cerca de {needed} tokens e restam {left} hoje. "
        "Usados {used} de {limit} tokens do dia. Renova amanhã às {renews}.",
        "en": "This request needs about {needed} tokens and {left} are left today. "
        "Used {used} of {limit} tokens of the day. Renews tomorrow at {renews}.",
    },
    "tokens_held": {
        "pt-BR": "Outras respostas em andamento reservam os tokens que restam. "
        "Tente novamente em {seconds} s.",
        "en": "Other answers under way hold the tokens that are left. Try again in {seconds} s.",
    },
    "bookings_late": {
        "pt-BR": "O registro do uso está atrasado: respostas já terminadas ainda reservam os "
        "tokens que restam. Nada foi perdido. Tente novamente em {seconds} s.",
        "en": "Usage is booked late: answers that have ended still hold the tokens that are left. "
        "Nothing is lost. Try again in {seconds} s.",
    },
    "rate_limit_exceeded": {
        "pt-BR": "Muitas requisições. Tente novamente em {seconds} s.",
        "en": "Too many requests. Try again in {seconds} s.",
    },
    "invalid_request_error": {
        "pt-BR": "Requisição inválida: {detail}",
        "en": "Invalid request: {detail}",
    },
    "payload_too_large": {
        "pt-BR": "Requisição grande demais. O limite é {limit}.",
        "en": "Request too large. The limit is {limit}.",
    },
    "overloaded": {
        "pt-BR": "Muitos envios grandes ao mesmo tempo. Tente novamente em {seconds} s.",
        "en": "Too many large requests at the same time. Try again in {seconds} s.",
    },
    "unknown_path": {
        "pt-BR": "Caminho desconhecido: {path}",
        "en": "Unknown path: {path}",
    },
    "method_not_allowed": {
        "pt-BR": "Este caminho não aceita este método",
        "en": "This path does not take this method",
    },
    "unsupported_media_type": {
        "pt-BR": "O corpo deve ser JSON (Content-Type: application/json)",
        "en": "The body must be JSON (Content-Type: application/json)",
    },
    "unauthenticated": {
        "pt-BR": "Entre para continuar",
        "en": "Sign in to continue",
    },
    "invalid_admin_key": {
        "pt-BR": "Chave de administração inválida, expirada ou revogada",
        "en": "The admin key is unknown, expired or revoked",
    },
    "not_an_admin_key": {
        "pt-BR": "Esta é uma chave do gateway; a API administrativa usa uma chave de "
        "administração (sk-solaris-admin-…)",
        "en": "This is a gateway key; the admin API takes an admin key (sk-solaris-admin-…)",
    },
    "invalid_credentials": {
        "pt-BR": "E-mail ou senha incorretos",
        "en": "Wrong e-mail or password",
    },
    "login_locked": {
        "pt-BR": "Muitas tentativas. Tente novamente em {seconds} s.",
        "en": "Too many attempts. Try again in {seconds} s.",
    },
    "direct_call": {
        "pt-BR": "Este endereço não atende diretamente. Use o endereço público do sistema.",
        "en": "This address does not serve directly. Use the system's public address.",
    },
    "forbidden": {
        "pt-BR": "Seu perfil não permite esta operação",
        "en": "Your role does not allow this",
    },
    "missing_scope": {
        "pt-BR": "Esta chave não tem o escopo {scope}",
        "en": "This key has not the scope {scope}",
    },
    "people_only": {
        "pt-BR": "Nenhuma chave pode fazer isto: uma pessoa precisa entrar",
        "en": "No key may do this: a person has to sign in",
    },
    "validation_failed": {
        "pt-BR": "Há campos inválidos",
        "en": "Some fields are invalid",
    },
    "not_found": {
        "pt-BR": "Não encontrado",
        "en": "Not found",
    },
    "already_exists": {
        "pt-BR": "Já existe",
        "en": "It exists already",
    },
    "last_admin": {
        "pt-BR": "O último administrador não pode ser removido nem rebaixado",
        "en": "The last admin can be neither removed nor demoted",
    },
    "conflict": {
        "pt-BR": "Alterado por outra operação ao mesmo tempo. Tente novamente.",
        "en": "Changed by another operation at the same time. Try again.",
    },
    "key_revoked": {
        "pt-BR": "Esta chave foi revogada",
        "en": "This key has been revoked",
    },
    "alert_closed": {
        "pt-BR": "O sistema encerrou este alerta, porque a causa acabou",
        "en": "The system has closed this alert, since its cause is gone",
    },
    "user_exists": {
        "pt-BR": "Já existe um usuário com este endereço",
        "en": "There is a user with this address already",
    },
    "idempotency_key_reused": {
        "pt-BR": "A chave de idempotência já foi usada com outra quantidade",
        "en": "The idempotency key was used for another amount already",
    },
    "request_pending": {
        "pt-BR": "Já há um pedido seu em análise",
        "en": "A request of yours is pending already",
    },
    "request_paused": {
        "pt-BR": "Seu último pedido foi negado; você pode pedir de novo a partir de {day}",
        "en": "Your last request was denied; you may ask again from {day}",
    },
    "request_decided": {
        "pt-BR": "Este pedido já foi decidido",
        "en": "This request has been decided already",
    },
    "request_approved": {
        "pt-BR": "Este pedido já foi aprovado por {who} em {when}",
        "en": "This request was approved by {who} on {when}",
    },
    "request_denied": {
        "pt-BR": "Este pedido já foi negado por {who} em {when}",
        "en": "This request was denied by {who} on {when}",
    },
    "request_lapsed": {
        "pt-BR": "O mês deste pedido terminou, e com ele o pedido",
        "en": "The month of this request is over, and with it the request",
    },
    "upstream_error": {
        "pt-BR": "O provedor de modelos não respondeu. Tente novamente.",
        "en": "The model provider did not answer. Try again.",
    },
    "upstream_key_refused": {
        "pt-BR": "O provedor de modelos não aceita a chave deste sistema. Avise um administrador.",
        "en": "The model provider does not take this system's key. Tell an administrator.",
    },
    "upstream_timeout": {
        "pt-BR": "O provedor de modelos demorou demais. Tente novamente.",
        "en": "The model provider took too long. Try again.",
    },
    "mail_service_error": {
        "pt-BR": "O serviço de e-mail não aceitou a requisição; nada mudou. Tente novamente.",
        "en": "The mail service did not accept the request; nothing has changed. Try again.",
    },
    "service_unavailable": {
        "pt-BR": "Serviço indisponível no momento. Tente novamente.",
        "en": "Service unavailable at the moment. Try again.",
    },
    "internal_error": {
        "pt-BR": "Erro interno. O suporte foi avisado.",
        "en": "Internal error. Support has been told.",
    },
    "configuration_error": {
        "pt-BR": "O serviço está mal configurado. Contate o suporte.",
        "en": "The service is misconfigured. Contact support.",
    },
}


# Rules that a change may break; quota/changes.py and the services name them.
_RULES: Mapping[str, Mapping[Locale, str]] = {
    "limit_source_and_limit": {
        "pt-BR": "Diga o limite ou de onde ele vem, não os dois",
        "en": "State the limit or where it comes from, not both",
    },
    "group_needed": {
        "pt-BR": "O centro de custo precisa do grupo",
        "en": "A cost centre needs its group",
    },
    "cost_center_differs": {
        "pt-BR": "O grupo tem outro centro de custo",
        "en": "The group has another cost centre",
    },
    "invalid_models": {
        "pt-BR": "Liste de 1 a 100 nomes de modelos, ou começos de nomes seguidos de *",
        "en": "State 1 to 100 names of models, or beginnings of names followed by *",
    },
    "requests_off": {
        "pt-BR": "Pedidos de tokens não são recebidos por aqui: fale com um administrador",
        "en": "Requests for tokens are not taken here: talk to an admin",
    },
    "asker_not_active": {
        "pt-BR": "Esta conta não está ativa: fale com um administrador",
        "en": "This account is not active: talk to an admin",
    },
    "asker_not_limited": {
        "pt-BR": "Esta conta não é bloqueada quando a cota acaba: não é preciso pedir",
        "en": "This account is not blocked when the quota is used up: there is no need to ask",
    },
    "not_oneself": {
        "pt-BR": "Gestores não mudam a própria conta: peça a um administrador",
        "en": "Managers do not change their own account: ask an admin",
    },
    "managers_this_month": {
        "pt-BR": "Gestores concedem tokens só para este mês",
        "en": "Managers grant tokens for this month only",
    },
    "managers_ceiling": {
        "pt-BR": "Gestores ainda podem conceder {left} tokens a esta pessoa neste mês",
        "en": "Managers may grant this person {left} tokens more this month",
    },
    "no_such_group": {"pt-BR": "Esse grupo não existe", "en": "There is no such group"},
    "group_exists": {
        "pt-BR": "Já existe um grupo com esse nome",
        "en": "There is a group of this name already",
    },
    "too_many_groups": {
        "pt-BR": "Já há {most} grupos",
        "en": "There are {most} groups already",
    },
    "group_name": {"pt-BR": "Deve ter de 1 a 80 caracteres", "en": "Must have 1 to 80 characters"},
    "group_cost_center": {
        "pt-BR": "Deve ter no máximo 40 caracteres",
        "en": "Must have at most 40 characters",
    },
    "group_plan": {
        "pt-BR": "Deve ser trial, basic, pro ou enterprise",
        "en": "Must be trial, basic, pro or enterprise",
    },
    "group_people": {
        "pt-BR": "Deve ser uma lista de até 20 endereços",
        "en": "Must be a list of up to 20 addresses",
    },
    "plan_enforcement_unknown": {
        "pt-BR": "Deve ser block ou warn",
        "en": "Must be block or warn",
    },
    "plan_warning_above_critical": {
        "pt-BR": "O primeiro aviso não pode ficar acima do segundo",
        "en": "The first warning must not lie above the second",
    },
    "plan_not_a_count": {
        "pt-BR": "Deve ser um número inteiro, de 0 em diante",
        "en": "Must be a whole number, from 0 on",
    },
    "plan_daily_limit": {
        "pt-BR": "Deve ser um número de tokens, ou auto:25 (25% acima da média do mês)",
        "en": "Must be a number of tokens, or auto:25 (25% above the month's average)",
    },
    "plan_threshold": {
        "pt-BR": "Deve ficar acima de 0 e no máximo em 100%",
        "en": "Must be above 0 and at most 100%",
    },
    "plan_rate_halves": {
        "pt-BR": "Informe juntos as requisições por segundo e quantos de uma vez",
        "en": "State requests a second and how many at once together",
    },
    "plan_rate": {
        "pt-BR": "Deve ficar entre 0,01 e 10000",
        "en": "Must be from 0.01 to 10000",
    },
    "plan_burst": {
        "pt-BR": "Deve ser de 1 a 100000",
        "en": "Must be from 1 to 100000",
    },
    "limit_out_of_bounds": {
        "pt-BR": "O limite mensal deve ser de {low} a {high} tokens (mais que isso, só enterprise)",
        "en": "The monthly limit must be from {low} to {high} tokens (beyond only for enterprise)",
    },
    "limit_beyond_sense": {
        "pt-BR": "O limite mensal deve ser de {low} a {high} tokens",
        "en": "The monthly limit must be from {low} to {high} tokens",
    },
    "amount_is_zero": {
        "pt-BR": "A quantidade não pode ser zero",
        "en": "The amount must not be zero",
    },
    "more_than_granted": {
        "pt-BR": "Não é possível retirar {amount} tokens: só {granted} são concedidos todo mês",
        "en": "Cannot take back {amount} tokens: only {granted} are granted every month",
    },
    "more_than_unused": {
        "pt-BR": "Não é possível retirar {amount} tokens: só {unused} não foram usados neste mês",
        "en": "Cannot take back {amount} tokens: only {unused} are unused this month",
    },
    "grant_not_positive": {
        "pt-BR": "Para retirar tokens, use a concessão de todo mês ou cancele uma concessão",
        "en": "Take tokens back of what is granted every month, or void a grant",
    },
    "grant_is_over": {
        "pt-BR": "O último dia já passou",
        "en": "The last day is over",
    },
    "too_many_grants": {
        "pt-BR": "O usuário já tem {most} concessões com prazo: cancele uma primeiro",
        "en": "The user has {most} grants that end already: void one first",
    },
    "until_needed": {
        "pt-BR": "Informe o último dia",
        "en": "State the last day",
    },
    "until_not_of_kind": {
        "pt-BR": "Só uma concessão até uma data tem último dia",
        "en": "Only a grant until a day has a last day",
    },
    "until_too_far": {
        "pt-BR": "O último dia pode estar a no máximo cinco anos",
        "en": "The last day may be five years away at most",
    },
    "grant_beyond_sense": {
        "pt-BR": "Os tokens adicionais não podem passar de {most}",
        "en": "Additional tokens must not exceed {most}",
    },
    "deleted": {
        "pt-BR": "O usuário foi excluído. Para voltar a atendê-lo, crie-o de novo.",
        "en": "The user is deleted. To serve them again, create them again.",
    },
    "not_an_alias": {
        "pt-BR": "É o endereço atual do usuário, não um antigo. Mude o endereço primeiro.",
        "en": "It is the user's own address, not one of before. Move the user first.",
    },
    "too_many_aliases": {
        "pt-BR": "São no máximo {most} endereços antigos por usuário: libere alguns primeiro",
        "en": "A user has {most} addresses of before at most: release some first",
    },
    "too_many_merged": {
        "pt-BR": "No máximo {most} contas podem ser unidas em uma",
        "en": "{most} accounts at most can be merged into one",
    },
    "merged_with_itself": {
        "pt-BR": "Um usuário não pode ser unido a si mesmo",
        "en": "A user cannot be merged into themselves",
    },
    "daily_limit_malformed": {
        "pt-BR": "O limite diário é um número de tokens (50000), uma parte do mês (auto:25, de "
        "auto:0 a auto:1000) ou none, para nenhum",
        "en": "A daily limit is a number of tokens (50000), a share of the month (auto:25, from "
        "auto:0 to auto:1000), or none",
    },
    "no_daily_limit": {
        "pt-BR": "O usuário não tem limite diário",
        "en": "The user has no daily limit",
    },
    "reason_needed": {
        "pt-BR": "Informe o motivo: ele fica registrado nas movimentações do usuário",
        "en": "A reason is needed: it goes into the user's transactions",
    },
    "needed_by_action": {
        "pt-BR": "É obrigatório para esta ação",
        "en": "This action needs it",
    },
    "not_of_action": {
        "pt-BR": "Não pertence a esta ação",
        "en": "Does not belong to this action",
    },
    "not_a_weight": {
        "pt-BR": "Deve ser um número de 0 a 1000 com até três decimais, prompt e completion, ou "
        "auto:<modelo>; o nome é o de um modelo ou o começo de nomes (gpt-5*)",
        "en": "Must be a number from 0 to 1000 with three decimals at most, prompt and completion, "
        "or auto:<model>; the name is a model's or the beginning of names (gpt-5*)",
    },
    "channel_url_wrong": {
        "pt-BR": "Não é um endereço de internet completo, como https://hooks.example.com/alertas",
        "en": "Not a whole internet address, as https://hooks.example.com/alerts",
    },
    "channel_url_https": {
        "pt-BR": "O endereço deve começar com https://",
        "en": "The address must begin with https://",
    },
    "channel_url_credentials": {
        "pt-BR": "O endereço não pode conter usuário nem senha",
        "en": "The address may not have a user or password in it",
    },
    "channel_url_port": {
        "pt-BR": "A porta deve ser 443 ou a partir de 1024",
        "en": "The port must be 443, or 1024 and above",
    },
    "channel_url_private": {
        "pt-BR": "O endereço leva a uma rede interna. Se o recebedor é da empresa, quem opera o "
        "sistema pode liberá-lo em CHANNEL_ALLOWED_HOSTS",
        "en": "The address leads into an internal network. Where the receiver is the company's "
        "own, who runs the system may allow it by CHANNEL_ALLOWED_HOSTS",
    },
    "channel_url_unresolved": {
        "pt-BR": "O nome do endereço não foi encontrado",
        "en": "The name in the address was not found",
    },
    "channel_name_needed": {
        "pt-BR": "Informe o nome do canal",
        "en": "A channel needs a name",
    },
    "channel_name_taken": {
        "pt-BR": "Já há um canal com este nome",
        "en": "There is a channel with this name already",
    },
    "channel_without_secret": {
        "pt-BR": "Só um webhook tem segredo",
        "en": "Only a webhook has a secret",
    },
    "too_many_channels": {
        "pt-BR": "Pode haver no máximo 20 canais",
        "en": "There may be 20 channels at most",
    },
    "too_many_weights": {
        "pt-BR": "Pode haver no máximo 500 entradas",
        "en": "There may be 500 entries at most",
    },
    "not_an_email": {
        "pt-BR": "Não é um endereço de e-mail",
        "en": "Not an e-mail address",
    },
    "name_too_long": {
        "pt-BR": "O nome pode ter no máximo {most} caracteres",
        "en": "The name may have {most} characters at most",
    },
    "unknown_plan": {
        "pt-BR": "O plano deve ser Teste, Básico, Pro ou Empresarial (trial, basic, enterprise)",
        "en": "The plan must be trial, basic, pro or enterprise",
    },
    "not_a_number": {
        "pt-BR": "Não é um número inteiro de tokens",
        "en": "Not a whole number of tokens",
    },
    "amount_needed": {
        "pt-BR": "Informe quantos tokens adicionais conceder",
        "en": "State how many additional tokens to grant",
    },
    "kind_needed": {
        "pt-BR": "Informe por quanto tempo: este_mes, ate (com o último dia), ate_usar ou todo_mes",
        "en": "State for how long: this_month, until (with the last day), until_used or "
        "every_month",
    },
    "unknown_kind": {
        "pt-BR": "O tipo deve ser este_mes, ate, ate_usar ou todo_mes",
        "en": "The kind must be this_month, until, until_used or every_month",
    },
    "not_a_day": {
        "pt-BR": "Não é um dia como 2026-12-15 (na coluna ate, também 15/12/2026)",
        "en": "Not a day like 2026-12-15 (in the column ate, 15/12/2026 as well)",
    },
    "repeated_in_file": {
        "pt-BR": "O endereço já está na linha {line}",
        "en": "The address is in line {line} already",
    },
    "too_many_cells": {
        "pt-BR": "A linha tem mais colunas que o cabeçalho",
        "en": "The line has more columns than the header",
    },
    "not_attempted": {
        "pt-BR": "Não deu tempo de tratar esta linha. Repita a importação.",
        "en": "There was no time left for this line. Repeat the import.",
    },
    "no_header": {
        "pt-BR": "A primeira linha deve nomear as colunas; email é necessária",
        "en": "The first line must name the columns; email is needed",
    },
    "unknown_column": {
        "pt-BR": "Apague ou renomeie a coluna {column}, que não é conhecida. Aceitas: email, nome, "
        "plano, limite_mensal, grupo, centro_de_custo, adicionais_quantidade, adicionais_tipo, ate",
        "en": "Delete or rename column {column}, which is not known. Accepted: email, name, plan, "
        "monthly_limit, group, cost_center, additional_amount, additional_kind, until",
    },
    "repeated_column": {
        "pt-BR": "Uma coluna aparece duas vezes no cabeçalho",
        "en": "A column is named twice in the header",
    },
    "too_many_lines": {
        "pt-BR": "O arquivo pode ter no máximo {most} linhas de usuários",
        "en": "The file may have {most} lines of users at most",
    },
    "not_csv": {
        "pt-BR": "O arquivo não é um CSV válido (linha {line})",
        "en": "The file is not valid CSV (line {line})",
    },
}


_USAGE_LINK: Mapping[Locale, str] = {
    "pt-BR": "Veja seu uso ou peça mais tokens: {url}",
    "en": "See your usage or ask for more tokens: {url}",
}


def usage_link_text(url: str, locale: Locale) -> str:
    """What follows the refusal of a used-up quota: where the user sees their own usage."""
    return _USAGE_LINK[locale].format(url=url)


def rule_text(rule: str, locale: Locale, values: Mapping[str, int] | None = None) -> str:
    """Return what a broken rule says, figures written as the language does; KeyError: unknown."""
    figures = {name: format_integer(value, locale) for name, value in (values or {}).items()}
    return _RULES[rule][locale].format(**figures)


def error_text(code: str, locale: Locale, **values: str) -> str:
    """Return the text of a refusal, filled in; an unknown code reads as an internal error."""
    by_locale = _ERRORS.get(code, _ERRORS["internal_error"])
    return by_locale[locale].format(**values)


def error_codes() -> list[str]:
    """Every code that has a text; a test holds it against errors.py."""
    return list(_ERRORS)


def format_integer(value: int, locale: Locale) -> str:
    """Write 1234567 as `1.234.567` (pt-BR) or `1,234,567` (en)."""
    grouped = f"{value:,}"
    return grouped.replace(",", ".") if locale == "pt-BR" else grouped

"""What the mails say, in pt-BR and en. `{names}` are filled in by mails.py.

Plain text only: the HTML templates escape all of it. `{threshold}` is what is configured for the
person, `{percentage}` what is used: a share in words ("nearly") would be wrong for other settings.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from solaris.alerts.alert import Audience
from solaris.platform.texts import Locale
from solaris.quota.thresholds import Threshold


@dataclass(frozen=True, slots=True)
class MailWords:
    """The texts of one mail; `preheader` is what an inbox shows beside the subject."""

    subject: str
    preheader: str
    badge: str
    heading: str
    intro: str
    steps: Sequence[str] = ()


class Blocked(StrEnum):
    """Why somebody is refused, but for a quota that is used up: each has words of its own."""

    EARLY = "early"
    """BLOCK_THRESHOLD is below all of the quota, and reached."""

    NEARLY_OUT = "nearly_out"
    """What is left was too little for a request (quota/standing.py)."""

    NO_QUOTA = "no_quota"
    """Nothing was granted."""


_PT_ASK_STEP = (
    "Se não puder, peça tokens adicionais: assim que forem concedidos, você volta a ser atendido "
    "na hora."
)
_PT_USER = {
    Threshold.WARNING: MailWords(
        subject="Você chegou a {threshold} da sua cota de {month}",
        preheader="Restam {remaining} tokens até {renews}. Por enquanto, nada muda.",
        badge="Aviso",
        heading="Você já usou {percentage} da sua cota",
        intro="Seu uso de IA em {month} chegou a {threshold} da cota de tokens. Tudo continua "
        "funcionando normalmente; este aviso é para você se planejar.",
        steps=(
            (
                "Comece uma conversa nova quando mudar de assunto: o histórico inteiro é enviado, "
                "e contado, a cada pergunta."
            ),
            "Para tarefas simples, escolha um modelo menor.",
            "Se precisar de mais antes de {renews}, peça tokens adicionais com antecedência.",
        ),
    ),
    Threshold.CRITICAL: MailWords(
        subject="Você chegou a {threshold} da sua cota de {month}",
        preheader="Restam {remaining} tokens. A cota renova em {renews}.",
        badge="Atenção",
        heading="Você já usou {percentage} da sua cota",
        intro="Seu uso de IA em {month} chegou a {threshold} da cota de tokens: restam "
        "{remaining}. Depois deles, novas perguntas serão recusadas até {renews}.",
        steps=(
            "Guarde os tokens que restam para o que é essencial.",
            (
                "Se precisar de mais antes de {renews}, peça tokens adicionais agora: assim você "
                "não fica sem atendimento."
            ),
        ),
    ),
    Threshold.BLOCK: MailWords(
        subject="Sua cota de {month} acabou",
        preheader="Novas perguntas voltam a ser aceitas em {renews}.",
        badge="Cota esgotada",
        heading="Sua cota deste mês acabou",
        intro="Você usou {used} dos {granted} tokens de {month}. Novas perguntas são recusadas até "
        "{renews}, quando a cota se renova sozinha.",
        steps=(
            "Se puder esperar, não é preciso fazer nada: o acesso volta em {renews}.",
            _PT_ASK_STEP,
        ),
    ),
}
_PT_USER_BLOCKED = {
    Blocked.EARLY: MailWords(
        subject="Você chegou a {threshold} da sua cota de {month}: o acesso parou",
        preheader="Novas perguntas voltam a ser aceitas em {renews}.",
        badge="Acesso parado",
        heading="Você já usou {percentage} da sua cota",
        intro="Em {threshold} da cota o acesso para: você usou {used} dos {granted} tokens de "
        "{month}. Novas perguntas são recusadas até {renews}.",
        steps=_PT_USER[Threshold.BLOCK].steps,
    ),
    Blocked.NEARLY_OUT: MailWords(
        subject="Restam poucos tokens da sua cota de {month}",
        preheader="Restam {remaining} tokens, pouco para uma pergunta. A cota renova em {renews}.",
        badge="Quase sem tokens",
        heading="O que resta é pouco para uma pergunta",
        intro="Você usou {used} dos {granted} tokens de {month}. Os {remaining} que restam não "
        "bastaram para a última pergunta; outras, mais curtas, ainda podem ser aceitas.",
        steps=(
            "Se puder esperar, não é preciso fazer nada: a cota se renova em {renews}.",
            "Se não puder, peça tokens adicionais.",
        ),
    ),
    Blocked.NO_QUOTA: MailWords(
        subject="Você não tem tokens em {month}",
        preheader="Seu limite mensal é de 0 tokens.",
        badge="Limite zero",
        heading="Seu limite deste mês é de 0 tokens",
        intro="Seu limite de {month} é de {granted} tokens: novas perguntas são recusadas.",
        steps=("Se precisar usar a IA, peça tokens adicionais.",),
    ),
}
# of users who are warned only: nothing is refused
_PT_USER_WARNED = {
    Threshold.CRITICAL: MailWords(
        subject="Você chegou a {threshold} da sua cota de {month}",
        preheader="{percentage} usados, restam {remaining} tokens. Renova em {renews}.",
        badge="Atenção",
        heading="Você já usou {percentage} da sua cota",
        intro="Seu uso de IA em {month} chegou a {threshold} da cota de tokens. Você continua "
        "sendo atendido; este aviso é para você se planejar.",
    ),
    Threshold.BLOCK: MailWords(
        subject="Você usou toda a sua cota de {month}",
        preheader="Você continua sendo atendido. A cota renova em {renews}.",
        badge="Cota usada",
        heading="Você usou toda a cota deste mês",
        intro="Você usou {used} dos {granted} tokens de {month}. Suas perguntas continuam sendo "
        "respondidas e contadas; a cota se renova em {renews}.",
    ),
}
_PT_ADMINS_WARNED = {
    Threshold.CRITICAL: MailWords(
        subject="{who} chegou a {threshold} da cota de {month}",
        preheader="{percentage} usados, restam {remaining} tokens. Renova em {renews}.",
        badge="Atenção",
        heading="{who} usou {percentage} da cota",
        intro="O uso de {month} chegou a {threshold} da cota. Este usuário só é avisado: continua "
        "sendo atendido acima da cota. O usuário recebe o mesmo aviso.",
    ),
    Threshold.BLOCK: MailWords(
        subject="{who} usou toda a cota de {month}",
        preheader="Só é avisado: as perguntas continuam sendo respondidas.",
        badge="Cota usada",
        heading="{who} usou toda a cota",
        intro="Foram usados {used} dos {granted} tokens de {month}. Este usuário só é avisado: as "
        "perguntas continuam sendo respondidas. O usuário recebe o mesmo aviso.",
    ),
}
_PT_ADMINS = {
    Threshold.WARNING: MailWords(
        subject="{who} chegou a {threshold} da cota de {month}",
        preheader="Restam {remaining} tokens até {renews}.",
        badge="Aviso",
        heading="{who} usou {percentage} da cota",
        intro="O uso de {month} chegou a {threshold} da cota. O usuário recebe o mesmo aviso e "
        "continua sendo atendido.",
    ),
    Threshold.CRITICAL: MailWords(
        subject="{who} chegou a {threshold} da cota de {month}",
        preheader="{percentage} usados, restam {remaining} tokens. Renova em {renews}.",
        badge="Atenção",
        heading="{who} usou {percentage} da cota",
        intro="O uso de {month} chegou a {threshold} da cota: restam {remaining} tokens. Depois "
        "deles, as perguntas serão recusadas até {renews}. O usuário recebe o mesmo aviso.",
    ),
    Threshold.BLOCK: MailWords(
        subject="{who} esgotou a cota de {month}",
        preheader="As perguntas são recusadas até {renews}.",
        badge="Cota esgotada",
        heading="{who} esgotou a cota",
        intro="Foram usados {used} dos {granted} tokens de {month}. As perguntas são recusadas até "
        "{renews} ou até que você conceda tokens adicionais. O usuário recebe o mesmo aviso.",
    ),
}
_PT_ADMINS_BLOCKED = {
    Blocked.EARLY: MailWords(
        subject="{who} chegou a {threshold} da cota de {month}: o acesso parou",
        preheader="As perguntas são recusadas até {renews}.",
        badge="Acesso parado",
        heading="{who} usou {percentage} da cota",
        intro="Em {threshold} da cota o acesso para: foram usados {used} dos {granted} tokens de "
        "{month}. As perguntas são recusadas até {renews} ou até que você conceda tokens "
        "adicionais. O usuário recebe o mesmo aviso.",
    ),
    Blocked.NEARLY_OUT: MailWords(
        subject="{who} tem poucos tokens em {month}",
        preheader="Restam {remaining} tokens, pouco para uma pergunta. Renova em {renews}.",
        badge="Quase sem tokens",
        heading="{who} está quase sem tokens",
        intro="Foram usados {used} dos {granted} tokens de {month}. Os {remaining} que restam não "
        "bastaram para a última pergunta. O usuário recebe o mesmo aviso.",
    ),
    Blocked.NO_QUOTA: MailWords(
        subject="{who} não tem tokens em {month}",
        preheader="O limite mensal é de 0 tokens.",
        badge="Limite zero",
        heading="{who} tem limite de 0 tokens",
        intro="O limite de {month} é de {granted} tokens: as perguntas são recusadas até que você "
        "conceda tokens adicionais. O usuário recebe o mesmo aviso.",
    ),
}
_PT_SUMMARY = MailWords(
    subject="Resumo de {month}: {total} tokens, usados por {people}",
    preheader="{cost} no mês; cota esgotada no fim: {blocked}.",
    badge="Resumo do mês",
    heading="O uso de IA em {month}",
    intro="O mês foi fechado e as cotas foram renovadas. Respostas que estavam em andamento na "
    "virada ainda são somadas ao mês em que começaram.",
)
_PT_ENDING = MailWords(
    subject="Você ainda tem {left} tokens adicionais, que valem até {until}",
    preheader="{percentage} dos {granted} tokens concedidos ainda não foram usados.",
    badge="Lembrete",
    heading="Seus tokens adicionais valem até {until}",
    intro="Dos {granted} tokens adicionais que você recebeu, {left} ainda não foram usados. Eles "
    "valem até o fim do dia {until}; o que sobrar deixa de valer.",
    steps=(
        "Se você guardava alguma tarefa maior para depois, este é um bom momento.",
        "Se não precisar deles, não é preciso fazer nada: seu limite mensal não muda.",
    ),
)

_EN_USER = {
    Threshold.WARNING: MailWords(
        subject="You have reached {threshold} of your {month} quota",
        preheader="{remaining} tokens left until {renews}. Nothing changes for now.",
        badge="Notice",
        heading="You have used {percentage} of your quota",
        intro="Your AI usage in {month} has reached {threshold} of your token quota. Everything "
        "keeps working as usual; this notice is here so that you can plan ahead.",
        steps=(
            (
                "Start a new chat when you change the subject: the whole history is sent, and "
                "counted, with every question."
            ),
            "For simple tasks, choose a smaller model.",
            "If you need more before {renews}, ask for additional tokens in good time.",
        ),
    ),
    Threshold.CRITICAL: MailWords(
        subject="You have reached {threshold} of your {month} quota",
        preheader="{remaining} tokens left. The quota renews on {renews}.",
        badge="Attention",
        heading="You have used {percentage} of your quota",
        intro="Your AI usage in {month} has reached {threshold} of your token quota: {remaining} "
        "tokens are left. After these, new questions are refused until {renews}.",
        steps=(
            "Keep what is left for what is essential.",
            (
                "If you need more before {renews}, ask for additional tokens now, so that you are "
                "not left without answers."
            ),
        ),
    ),
    Threshold.BLOCK: MailWords(
        subject="Your {month} quota is used up",
        preheader="New questions are accepted again on {renews}.",
        badge="Quota used up",
        heading="This month's quota is used up",
        intro="You have used {used} of your {granted} tokens for {month}. New questions are "
        "refused until {renews}, when your quota renews by itself.",
        steps=(
            "If you can wait, there is nothing to do: access returns on {renews}.",
            (
                "If you cannot, ask for additional tokens: as soon as they are granted, you are "
                "served again."
            ),
        ),
    ),
}
_EN_USER_BLOCKED = {
    Blocked.EARLY: MailWords(
        subject="You have reached {threshold} of your {month} quota: access has stopped",
        preheader="New questions are accepted again on {renews}.",
        badge="Access stopped",
        heading="You have used {percentage} of your quota",
        intro="Access stops at {threshold} of the quota: you have used {used} of your {granted} "
        "tokens for {month}. New questions are refused until {renews}.",
        steps=_EN_USER[Threshold.BLOCK].steps,
    ),
    Blocked.NEARLY_OUT: MailWords(
        subject="Few tokens are left of your {month} quota",
        preheader="{remaining} tokens left, too few for a question. The quota renews on {renews}.",
        badge="Nearly out of tokens",
        heading="What is left is too little for a question",
        intro="You have used {used} of your {granted} tokens for {month}. The {remaining} that are "
        "left were too few for the last question; shorter ones may still be accepted.",
        steps=(
            "If you can wait, there is nothing to do: the quota renews on {renews}.",
            "If you cannot, ask for additional tokens.",
        ),
    ),
    Blocked.NO_QUOTA: MailWords(
        subject="You have no tokens for {month}",
        preheader="Your monthly limit is 0 tokens.",
        badge="Limit of zero",
        heading="Your limit this month is 0 tokens",
        intro="Your limit for {month} is {granted} tokens: new questions are refused.",
        steps=("If you need to use AI, ask for additional tokens.",),
    ),
}
_EN_USER_WARNED = {
    Threshold.CRITICAL: MailWords(
        subject="You have reached {threshold} of your {month} quota",
        preheader="{percentage} used, {remaining} tokens left. Renews on {renews}.",
        badge="Attention",
        heading="You have used {percentage} of your quota",
        intro="Your AI usage in {month} has reached {threshold} of your token quota. You are still "
        "being served; this notice is here so that you can plan ahead.",
    ),
    Threshold.BLOCK: MailWords(
        subject="You have used all of your {month} quota",
        preheader="You are still being served. The quota renews on {renews}.",
        badge="All used",
        heading="You have used all of this month's quota",
        intro="You have used {used} of your {granted} tokens for {month}. Your questions are still "
        "answered and counted; the quota renews on {renews}.",
    ),
}
_EN_ADMINS_WARNED = {
    Threshold.CRITICAL: MailWords(
        subject="{who} has reached {threshold} of the {month} quota",
        preheader="{percentage} used, {remaining} tokens left. Renews on {renews}.",
        badge="Attention",
        heading="{who} has used {percentage} of the quota",
        intro="Usage in {month} has reached {threshold} of the quota. This user is warned only, "
        "and is served beyond the quota. The user gets the same notice.",
    ),
    Threshold.BLOCK: MailWords(
        subject="{who} has used all of the {month} quota",
        preheader="Warned only: questions are still answered.",
        badge="All used",
        heading="{who} has used all of the quota",
        intro="{used} of {granted} tokens for {month} are used. This user is warned only: "
        "questions are still answered. The user gets the same notice.",
    ),
}
_EN_ADMINS = {
    Threshold.WARNING: MailWords(
        subject="{who} has reached {threshold} of the {month} quota",
        preheader="{remaining} tokens left until {renews}.",
        badge="Notice",
        heading="{who} has used {percentage} of the quota",
        intro="Usage in {month} has reached {threshold} of the quota. The user gets the same "
        "notice and is still being served.",
    ),
    Threshold.CRITICAL: MailWords(
        subject="{who} has reached {threshold} of the {month} quota",
        preheader="{percentage} used, {remaining} tokens left. Renews on {renews}.",
        badge="Attention",
        heading="{who} has used {percentage} of the quota",
        intro="Usage in {month} has reached {threshold} of the quota: {remaining} tokens are left. "
        "After these, questions are refused until {renews}. The user gets the same notice.",
    ),
    Threshold.BLOCK: MailWords(
        subject="{who} has used up the {month} quota",
        preheader="Questions are refused until {renews}.",
        badge="Quota used up",
        heading="{who} has used up the quota",
        intro="{used} of {granted} tokens for {month} are used. Questions are refused until "
        "{renews}, or until you grant additional tokens. The user gets the same notice.",
    ),
}
_EN_ADMINS_BLOCKED = {
    Blocked.EARLY: MailWords(
        subject="{who} has reached {threshold} of the {month} quota: access has stopped",
        preheader="Questions are refused until {renews}.",
        badge="Access stopped",
        heading="{who} has used {percentage} of the quota",
        intro="Access stops at {threshold} of the quota: {used} of {granted} tokens for {month} "
        "are used. Questions are refused until {renews}, or until you grant additional tokens. "
        "The user gets the same notice.",
    ),
    Blocked.NEARLY_OUT: MailWords(
        subject="{who} has few tokens left for {month}",
        preheader="{remaining} tokens left, too few for a question. Renews on {renews}.",
        badge="Nearly out of tokens",
        heading="{who} is nearly out of tokens",
        intro="{used} of {granted} tokens for {month} are used. The {remaining} that are left were "
        "too few for the last question. The user gets the same notice.",
    ),
    Blocked.NO_QUOTA: MailWords(
        subject="{who} has no tokens for {month}",
        preheader="The monthly limit is 0 tokens.",
        badge="Limit of zero",
        heading="{who} has a limit of 0 tokens",
        intro="The limit for {month} is {granted} tokens: questions are refused until you grant "
        "additional tokens. The user gets the same notice.",
    ),
}
_EN_SUMMARY = MailWords(
    subject="Summary of {month}: {total} tokens, used by {people}",
    preheader="{cost} in the month; quota used up at the end: {blocked}.",
    badge="Monthly summary",
    heading="AI usage in {month}",
    intro="The month is closed and quotas are renewed. Answers under way at the turn of the "
    "month are still added to the month in which they began.",
)
_EN_ENDING = MailWords(
    subject="You still have {left} additional tokens, good until {until}",
    preheader="{percentage} of the {granted} tokens granted are still unused.",
    badge="Reminder",
    heading="Your additional tokens are good until {until}",
    intro="Of the {granted} additional tokens that you were granted, {left} are still unused. They "
    "are good until the end of {until}; what is left after that is lost.",
    steps=(
        "If you were keeping a larger task for later, now is a good time.",
        "If you do not need them, there is nothing to do: your monthly limit stays the same.",
    ),
)

THRESHOLD_WORDS: Mapping[Locale, Mapping[Audience, Mapping[Threshold, MailWords]]] = {
    "pt-BR": {Audience.USER: _PT_USER, Audience.ADMINS: _PT_ADMINS},
    "en": {Audience.USER: _EN_USER, Audience.ADMINS: _EN_ADMINS},
}
WARNED_WORDS: Mapping[Locale, Mapping[Audience, Mapping[Threshold, MailWords]]] = {
    "pt-BR": {Audience.USER: _PT_USER_WARNED, Audience.ADMINS: _PT_ADMINS_WARNED},
    "en": {Audience.USER: _EN_USER_WARNED, Audience.ADMINS: _EN_ADMINS_WARNED},
}
"""In place of those above for users who are warned only (Enforcement.WARN)."""

BLOCKED_WORDS: Mapping[Locale, Mapping[Audience, Mapping[Blocked, MailWords]]] = {
    "pt-BR": {Audience.USER: _PT_USER_BLOCKED, Audience.ADMINS: _PT_ADMINS_BLOCKED},
    "en": {Audience.USER: _EN_USER_BLOCKED, Audience.ADMINS: _EN_ADMINS_BLOCKED},
}
"""In place of those of a block for a quota that is not used up."""

SUMMARY_WORDS: Mapping[Locale, MailWords] = {"pt-BR": _PT_SUMMARY, "en": _EN_SUMMARY}

ENDING_WORDS: Mapping[Locale, MailWords] = {"pt-BR": _PT_ENDING, "en": _EN_ENDING}

# The alert's record: what the admins' site lists.
PAUSED_WORDS: Mapping[Locale, MailWords] = {
    "pt-BR": MailWords(
        subject="O canal {name} foi pausado",
        preheader="As 50 últimas tentativas de entrega falharam.",
        badge="Canal pausado",
        heading="O canal {name} foi pausado",
        intro="As 50 últimas tentativas de entregar alertas ao canal {name} falharam, a primeira "
        "em {since}. Ele não recebe mais nada até ser retomado; os e-mails continuam.",
        steps=(
            "Veja em Canais, no histórico, como o endereço respondeu.",
            "Corrija o endereço ou quem o atende e use Testar.",
            "Retome o canal. O que aconteceu enquanto esteve pausado não é reenviado.",
        ),
    ),
    "en": MailWords(
        subject="The channel {name} was paused",
        preheader="The last 50 tries to deliver have failed.",
        badge="Channel paused",
        heading="The channel {name} was paused",
        intro="The last 50 tries to deliver alerts to the channel {name} have failed, the first on "
        "{since}. It gets nothing until it is resumed; the mails go on.",
        steps=(
            "See in Channels, in its history, how the address has answered.",
            "Mend the address, or what answers there, and use Test.",
            "Resume the channel. What happened while it was paused is not sent again.",
        ),
    ),
}

RECORD_WORDS: Mapping[Locale, Mapping[str, str]] = {
    "pt-BR": {
        "warning": "{threshold} da cota usados",
        "critical": "{threshold} da cota usados",
        "block": "Cota esgotada",
        "nearly_out": "Quase sem tokens",
        "early": "Bloqueio em {threshold} da cota",
        "no_quota": "Limite de 0 tokens",
        "unpriced": "Modelo sem preço: {model}",
        "unpriced_message": "O peso {entry} segue os preços, e nenhum é conhecido de {model}: cada "
        "token conta como os de *. Defina um peso em Modelos, ou um preço em MODEL_PRICES.",
        "paused": "Canal pausado: {name}",
        "paused_message": "As 50 últimas tentativas de entrega ao canal {name} falharam; a 1ª, "
        "em {since}. Ele não recebe mais alertas até ser retomado em Canais.",
        "ending": "Tokens adicionais valem até {until}",
        "ending_message": "{email} ainda tem {left} de {granted} tokens adicionais, que valem até "
        "{until}.",
        "ceiling": "{who}: {threshold} do limite mensal",
        "ceiling_message": "{who}: {used} de {ceiling} tokens ({percentage}) do limite de {month}. "
        "Nada é recusado por isso.",
        "summary": "Resumo de {month}",
        "group_summary": "Resumo de {month}: {who}",
        "group_message": "{who}: {total} tokens. Usaram: {active}. Custo: {cost}.",
        "message": "{email} usou {used} de {granted} tokens ({percentage}) em {month}.",
        "nearly_out_message": "{email} usou {used} de {granted} tokens ({percentage}) em {month}. "
        "O que resta ({left}) foi pouco para uma requisição.",
        "summary_message": "{total} tokens. Usaram: {active} de {users}. Cota esgotada no fim: "
        "{blocked}. Custo: {cost}.",
    },
    "en": {
        "warning": "{threshold} of the quota used",
        "critical": "{threshold} of the quota used",
        "block": "Quota used up",
        "nearly_out": "Nearly out of tokens",
        "early": "Blocked at {threshold} of the quota",
        "no_quota": "Limit of 0 tokens",
        "unpriced": "Model without a price: {model}",
        "unpriced_message": "The weight {entry} follows prices, and none is known of {model}: each "
        "token counts as those of *. Set a weight in Models, or a price in MODEL_PRICES.",
        "paused": "Channel paused: {name}",
        "paused_message": "The last 50 tries to deliver to the channel {name} have failed, the "
        "first on {since}. It gets no alerts until it is resumed in Channels.",
        "ending": "Additional tokens are good until {until}",
        "ending_message": "{email} still has {left} of {granted} additional tokens, good until "
        "{until}.",
        "ceiling": "{who}: {threshold} of the monthly ceiling",
        "ceiling_message": "{who}: {used} of {ceiling} tokens ({percentage}) of the ceiling of "
        "{month}. Nothing is refused for it.",
        "summary": "Summary of {month}",
        "group_summary": "Summary of {month}: {who}",
        "group_message": "{who}: {total} tokens. Used by {active}. Cost: {cost}.",
        "message": "{email} has used {used} of {granted} tokens ({percentage}) in {month}.",
        "nearly_out_message": "{email} has used {used} of {granted} tokens ({percentage}) in "
        "{month}. What is left ({left}) was too little for a request.",
        "summary_message": "{total} tokens. Used by {active} of {users}. Quota used up at the end: "
        "{blocked}. Cost: {cost}.",
    },
}

LABELS: Mapping[Locale, Mapping[str, str]] = {
    "pt-BR": {
        "company": "A empresa",
        "ceiling": "Limite mensal",
        "ceiling_value": "{percentage} de {ceiling} tokens",
        "no_group": "Sem grupo",
        "groups": "Por grupo",
        "groups_share": "tokens e % do total",
        "share_of_total": "do total",
        "footer_ceiling": "Você recebe este aviso porque acompanha o uso de IA da empresa ou deste "
        "grupo.",
        "greeting": "Olá, {name}!",
        "greeting_unnamed": "Olá!",
        "of": "{used} de {granted} tokens",
        "used": "Usados",
        "limit": "Limite mensal",
        "additional": "Tokens adicionais",
        "remaining": "Restam",
        "percentage": "Percentual usado",
        "unused_of": "{left} de {granted} tokens sem uso",
        "grant_granted": "Concedidos",
        "grant_left": "Sem uso",
        "grant_until": "Valem até",
        "renews": "Renova em",
        "user": "Usuário",
        "plan": "Plano",
        "plan_trial": "Teste",
        "plan_basic": "Básico",
        "plan_pro": "Pro",
        "plan_enterprise": "Empresarial",
        "next": "O que fazer",
        "open_user": "Abrir a página do usuário",
        "open_report": "Abrir o relatório do mês",
        "open_group": "Abrir o grupo",
        "open_group_report": "Abrir o relatório do grupo",
        "open_channels": "Abrir os canais",
        "grant": "Para conceder tokens adicionais, ajuste a quantidade e execute:",
        "grant_or": "Ou, para conceder tokens pela linha de comando, ajuste a quantidade:",
        "ask": "Pedir tokens adicionais",
        "ask_address": "Quem pode conceder: {address}",
        "ask_nobody": "Para pedir tokens adicionais, fale com quem administra a IA na sua empresa.",
        "see_usage": "Ver meu uso",
        "see_and_ask": "Ver meu uso e pedir mais tokens",
        "write": "Escrever para quem administra",
        "ask_subject": "Tokens adicionais na IA SOLARIS",
        "users": "Usuários",
        "active": "Usaram no mês",
        "people_one": "{count} pessoa",
        "people_other": "{count} pessoas",
        "blocked": "Cota esgotada no fim",
        "total": "Tokens usados",
        "cost": "Custo",
        "still_open": "Ainda abertas",
        "still_open_value": "respostas do mês: {n}; os números podem subir",
        "some_priced": "{cost} (fora {requests} sem preço)",
        "none_priced": "sem preço ({requests})",
        "requests_one": "{count} requisição",
        "requests_other": "{count} requisições",
        "top": "Quem mais usou",
        "top_share": "tokens e % da cota",
        "share": "da cota",
        "nobody": "Ninguém usou a IA neste mês.",
        "footer": "Mensagem automática da IA SOLARIS, a cota de tokens da sua empresa.",
        "footer_admins": "Mensagem automática da IA SOLARIS aos administradores.",
    },
    "en": {
        "company": "The company",
        "ceiling": "Monthly ceiling",
        "ceiling_value": "{percentage} of {ceiling} tokens",
        "no_group": "No group",
        "groups": "By group",
        "groups_share": "tokens and % of the total",
        "share_of_total": "of the total",
        "footer_ceiling": "You get this because you look after the AI usage of the company or of "
        "this group.",
        "greeting": "Hello {name},",
        "greeting_unnamed": "Hello,",
        "of": "{used} of {granted} tokens",
        "used": "Used",
        "limit": "Monthly limit",
        "additional": "Additional tokens",
        "remaining": "Left",
        "percentage": "Percentage used",
        "unused_of": "{left} of {granted} tokens unused",
        "grant_granted": "Granted",
        "grant_left": "Unused",
        "grant_until": "Good until",
        "renews": "Renews on",
        "user": "User",
        "plan": "Plan",
        "plan_trial": "Trial",
        "plan_basic": "Basic",
        "plan_pro": "Pro",
        "plan_enterprise": "Enterprise",
        "next": "What to do",
        "open_user": "Open the user's page",
        "open_report": "Open the month's report",
        "open_group": "Open the group",
        "open_group_report": "Open the group's report",
        "open_channels": "Open the channels",
        "grant": "To grant additional tokens, adjust the amount and run:",
        "grant_or": "Or, to grant tokens by the command line, adjust the amount:",
        "ask": "Ask for additional tokens",
        "ask_address": "Who can grant them: {address}",
        "ask_nobody": "For additional tokens, talk to whoever looks after AI in your company.",
        "see_usage": "See my usage",
        "see_and_ask": "See my usage and ask for more tokens",
        "write": "Write to whoever looks after it",
        "ask_subject": "Additional tokens in IA SOLARIS",
        "users": "Users",
        "active": "Used it in the month",
        "people_one": "{count} person",
        "people_other": "{count} people",
        "blocked": "Quota used up at the end",
        "total": "Tokens used",
        "cost": "Cost",
        "still_open": "Still open",
        "still_open_value": "answers of the month: {n}; the figures may rise",
        "some_priced": "{cost} (and {requests} without a price)",
        "none_priced": "no price ({requests})",
        "requests_one": "{count} request",
        "requests_other": "{count} requests",
        "top": "Top users",
        "top_share": "tokens and % of the quota",
        "share": "of the quota",
        "nobody": "Nobody used AI in this month.",
        "footer": "Automatic message from IA SOLARIS, your company's token quota.",
        "footer_admins": "Automatic message from IA SOLARIS to its administrators.",
    },
}

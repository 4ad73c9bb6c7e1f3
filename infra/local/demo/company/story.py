"""What the admins of the demo company do meanwhile: plans, grants, suspensions, keys, alerts.

They come in the morning and see to what happened since: who ran out may get tokens, alerts are
resolved, mostly. All of it through the services that the admin API calls.
"""

import random
from collections.abc import Sequence
from datetime import date

from infra.local.demo.company.parts import DemoParts
from infra.local.demo.company.people import DOMAIN, Person, join_day
from solaris.accounts.updates import NewUser, UserUpdate
from solaris.alerts.alert import Crossing, MonthlySummary
from solaris.alerts.notices import Notice, notice_from_json
from solaris.keys.management import KeyTerms
from solaris.platform.actor import Actor
from solaris.platform.errors import NotFoundError
from solaris.quota.thresholds import Threshold
from solaris.quota.user import Plan, UserStatus, user_id_for

_SATURDAY = 5
_FIRST_DAYS = 3  # the first working day is one of them
_STILL_OPEN_DAYS = 12
_DAYS_IN_MONTH = 31
_GRANT_SHARE, _LATE_GRANT_SHARE, _RESOLVE_SHARE = 0.4, 0.2, 0.35
_GRANTS = (100_000, 150_000, 200_000, 300_000)
_REASONS = (
    "Fechamento do trimestre",
    "Projeto de migração do ERP",
    "Solicitado pelo gestor da área",
    "Análise de contratos",
    "Treinamento da equipe",
)
_NEWCOMERS = (("Rafaela", "Bittencourt"), ("Tomás", "Figueira"))
# day from the end, whose turn it is among the people, what happens
_TURNS = (
    (62, 17, "upgrade"),
    (48, 33, "suspend"),
    (41, 33, "activate"),
    (36, 58, "upgrade"),
    (29, 71, "limit"),
    (24, 84, "suspend"),
    (19, 96, "reset"),
    (13, 101, "suspend"),
    (9, 112, "block"),
    (6, 125, "suspend"),
    (3, 139, "grant"),
    (2, 150, "suspend"),
)


class Story:
    """The admins' part; `actor` is who acts, `parts` have the clock of the history."""

    def __init__(self, parts: DemoParts, actor: Actor, people: Sequence[Person], days: int) -> None:
        self._parts = parts
        self._actor = actor
        self._people = people
        self._days = days
        self._chance = random.Random(5)
        self._open: list[Notice] = []
        self._has_taken_back = False
        self.newcomers = [
            (f"{first}.{last}@{DOMAIN}".lower().replace("á", "a"), f"{first} {last}")
            for first, last in _NEWCOMERS
        ]

    def create_keys(self) -> list[str]:
        """The gateway keys of the company; the ids of those that requests come with."""
        keys = self._parts.keys.management
        terms = (
            KeyTerms(name="LibreChat"),
            KeyTerms(name="Hackathon 2026", days=30, rate_limit_per_second=2.0),
            KeyTerms(name="Power BI (teste)"),
            KeyTerms(name="VS Code pessoal", user_email=self._people[0].email, new_user=True),
            KeyTerms(
                name="RAG do jurídico",
                allowed_models=["text-embedding-3-small", "gpt-4o-mini"],
                rate_limit_per_second=5.0,
            ),
        )
        made = [keys.create(one, self._actor).key.key_id for one in terms]
        keys.revoke(made[2], self._actor)
        return [made[0], made[-1]]

    def morning(self, n: int, day: date) -> None:
        """What is seen to on the n-th day, before the requests come."""
        self._enrol(n)
        if day.weekday() >= _SATURDAY:
            return
        if n and day.day <= _FIRST_DAYS and not self._has_taken_back:
            self._take_back()
        self._has_taken_back = day.day <= _FIRST_DAYS
        for from_end, who, what in _TURNS:
            if self._days - 1 - n == from_end:
                self._turn(self._people[who % len(self._people)], what)
        if n < self._days - 1:
            self._see_to_alerts(self._days - n)

    def hear(self, notices: Sequence[str]) -> None:
        """Remember what has just gone to the alerts function."""
        self._open += [notice_from_json(body) for body in notices]

    def _enrol(self, n: int) -> None:
        """People with another plan than the usual are made by an admin, the others by asking."""
        for person in self._people:
            if person.plan is not Plan.BASIC and join_day(person, self._days) == n:
                wanted = NewUser(email=person.email, name=person.name, plan=person.plan)
                self._parts.accounts.user_changes.create(
                    wanted, actor=self._actor, reason="Importação do RH"
                )

    def _turn(self, person: Person, what: str) -> None:
        changes, actor = self._parts.accounts.user_changes, self._actor
        user_id = user_id_for(person.email)
        try:
            match what:
                case "upgrade":
                    changes.set_plan(user_id, Plan.PRO, actor=actor, reason="Novo cargo")
                case "limit":
                    update = UserUpdate(monthly_limit=1_500_000)
                    changes.update(user_id, update, actor=actor, reason="Acordo com a diretoria")
                case "suspend":
                    changes.suspend(user_id, actor=actor, reason="Férias ou desligamento (RH)")
                case "activate":
                    changes.activate(user_id, actor=actor, reason="Voltou de férias")
                case "block":
                    update = UserUpdate(status=UserStatus.BLOCKED)
                    changes.update(user_id, update, actor=actor, reason="Incidente de segurança")
                case "reset":
                    changes.reset_usage(user_id, actor=actor, reason="Laço de automação: estorno")
                case _:
                    changes.add_tokens(user_id, 250_000, actor=actor, reason=_REASONS[1])
        except NotFoundError:
            return  # has not asked anything yet

    def _see_to_alerts(self, days_left: int) -> None:
        """Grant to some who ran out; resolve what is old, and of the last days only some."""
        is_late = days_left < _STILL_OPEN_DAYS
        waiting, self._open = self._open, []
        for notice in waiting:
            share = _LATE_GRANT_SHARE if is_late else _GRANT_SHARE
            if (
                isinstance(notice, Crossing)
                and notice.threshold is Threshold.BLOCK
                and self._chance.random() < share
            ):
                self._parts.accounts.user_changes.add_tokens(
                    notice.user_id,
                    self._chance.choice(_GRANTS),
                    actor=self._actor,
                    reason=self._chance.choice(_REASONS),
                )
            elif isinstance(notice, MonthlySummary) and days_left <= _DAYS_IN_MONTH:
                continue  # the newest one is still to be read
            elif is_late and self._chance.random() > _RESOLVE_SHARE:
                continue  # stays open: somebody else's turn
            self._parts.alerts.management.resolve(notice.alert_id, self._actor)

    def _take_back(self) -> None:
        """Grants were for the month that is over."""
        update = UserUpdate(additional_tokens=0)
        for user in self._parts.quota.users.scan():
            if user.additional_tokens and user.email.endswith(f"@{DOMAIN}"):
                self._parts.accounts.user_changes.update(
                    user.user_id, update, actor=self._actor, reason="Fim do mês: extra recolhido"
                )

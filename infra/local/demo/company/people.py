"""The people of the demo company: names as they are in Brazil, plans, and how much each one asks.

The same seed makes the same people. Pure.
"""

import math
import random
import unicodedata
from dataclasses import dataclass

from solaris.quota.user import Plan

DOMAIN = "solar.example"
SEED = 7

_FIRST = (
    *("Ana", "Beatriz", "Bruno", "Caio", "Camila", "Carolina", "César", "Cláudia", "Daniel"),
    *("Débora", "Diego", "Eduardo", "Elisa", "Fábio", "Felipe", "Fernanda", "Flávia", "Gabriel"),
    *("Gabriela", "Giovana", "Guilherme", "Gustavo", "Helena", "Henrique", "Hugo", "Igor"),
    *("Isabela", "Ivan", "Jéssica", "João", "Juliana", "Júlio", "Karina", "Larissa", "Leandro"),
    *("Letícia", "Luana", "Lucas", "Luciana", "Luís", "Marcela", "Marcos", "Mariana", "Marina"),
    *("Mateus", "Natália", "Otávio", "Patrícia", "Paulo", "Pedro", "Priscila", "Rafael"),
    *("Raquel", "Renata", "Ricardo", "Rodrigo", "Sabrina", "Sérgio", "Simone", "Tatiana"),
    *("Thiago", "Vanessa", "Vinícius", "Vitória", "Yasmin"),
)
_LAST = (
    *("Almeida", "Alves", "Amaral", "Andrade", "Antunes", "Araújo", "Azevedo", "Barbosa"),
    *("Barros", "Batista", "Borges", "Braga", "Campos", "Cardoso", "Carvalho", "Castro"),
    *("Coelho", "Correia", "Costa", "Cunha", "Dias", "Duarte", "Farias", "Fernandes"),
    *("Ferreira", "Fonseca", "Freitas", "Garcia", "Gomes", "Gonçalves", "Guimarães", "Lacerda"),
    *("Leite", "Lima", "Lopes", "Macedo", "Machado", "Martins", "Matos", "Medeiros", "Melo"),
    *("Mendes", "Miranda", "Monteiro", "Moraes", "Moreira", "Moura", "Nascimento", "Nogueira"),
    *("Nunes", "Oliveira", "Pacheco", "Pereira", "Pinto", "Pires", "Queiroz", "Ramos", "Rezende"),
    *("Ribeiro", "Rocha", "Rodrigues", "Sales", "Santana", "Santos", "Silva", "Siqueira"),
    *("Soares", "Souza", "Tavares", "Teixeira", "Vasconcelos", "Vieira", "Xavier"),
)
# plan, share of the people in percent, the usual use of its limit
_PLANS = (
    (Plan.BASIC, 74, 0.13),
    (Plan.PRO, 14, 0.1),
    (Plan.TRIAL, 8, 0.3),
    (Plan.ENTERPRISE, 4, 0.08),
)
# how far the limit is used by the few who come near it, or would pass it
_NEAR = (0.7, 0.78, 0.86, 0.93, 1.0, 1.08, 1.2, 1.4)
NEAR_PERCENT = 12
LATE_PERCENT = 30
STARTED = 0.05
"""Who joins before this part of the time was there from the start."""


@dataclass(frozen=True, slots=True)
class Person:
    """One user. `month_share` is the part of the plan's limit that a whole month would take."""

    email: str
    name: str
    plan: Plan
    month_share: float
    model_bias: int
    """Which model they like best."""

    joins: float
    """0: there from the start; 0.5: since the middle of the time."""


def people(count: int) -> list[Person]:
    """The first `count` people, everybody's address another one."""
    chance = random.Random(SEED)
    found: dict[str, Person] = {}
    while len(found) < count:
        first = chance.choice(_FIRST)
        last = chance.choice(_LAST)
        email = f"{_plain(first)}.{_plain(last)}@{DOMAIN}"
        if email in found:
            continue
        plan, _, usual = chance.choices(_PLANS, [share for _, share, _ in _PLANS])[0]
        is_near = chance.random() * 100 < NEAR_PERCENT
        share = (
            chance.choice(_NEAR) if is_near else min(0.75, chance.lognormvariate(0, 0.9) * usual)
        )
        is_late = chance.random() * 100 < LATE_PERCENT
        found[email] = Person(
            email=email,
            name=f"{first} {last}",
            plan=plan,
            month_share=share,
            model_bias=chance.randrange(100),
            joins=chance.uniform(0.08, 0.85) if is_late else chance.uniform(0, STARTED),
        )
    return list(found.values())


def _plain(name: str) -> str:
    """`João` as `joao`."""
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()


def join_day(person: Person, days: int) -> int:
    """The number of the day, of so many, on which a person comes."""
    return min(days - 1, math.ceil(person.joins * days))

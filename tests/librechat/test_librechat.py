"""What people do in LibreChat, and that the books have the figures of the model itself."""

import re

import pytest
from playwright.sync_api import expect

from tests.librechat.neighbours import CHAT, SMALL, STORY, STORY_TOKENS
from tests.librechat.person import NAME, Person

pytestmark = pytest.mark.e2e

ANSWER = "Esta é uma resposta de demonstração da IA SOLARIS."
TITLE = "Esta é uma resposta de"
LIMIT, GRANTED = 2_000, 50_000


def test_somebody_new_registers_is_answered_and_the_chat_has_a_title(person: Person) -> None:
    person.enter()
    person.choose(CHAT)
    answer = person.ask("Que dia é hoje?")
    expect(answer).to_contain_text(ANSWER)
    expect(person.chats.first).to_contain_text(TITLE)
    shown = person.booked({CHAT: 1, SMALL: 1})
    assert shown["name"] == NAME
    person.ask("E amanhã?")
    person.booked({CHAT: 2, SMALL: 1})


def test_a_stopped_answer_is_charged_as_the_model_bills_it(person: Person) -> None:
    person.enter()
    person.choose(STORY)
    person.send("Conte uma história longa.")
    person.stop()
    read = person.answers.last.inner_text()
    assert len(read.split()) < STORY_TOKENS / 2, "it was stopped in time"
    shown = person.booked({STORY: 1})
    assert shown["usage"][0]["completionTokens"] == STORY_TOKENS, "the model went on to its end"
    person.page.reload()
    expect(person.answers.last).to_contain_text(ANSWER)


def test_at_the_end_of_the_quota_one_is_told_asks_for_more_and_goes_on(person: Person) -> None:
    system = person.around.system
    system.cli("users", "create", person.email, "--limit", str(LIMIT))
    person.enter()
    person.choose(STORY)
    expect(person.ask("Conte uma história.")).to_contain_text(ANSWER)
    used = person.booked({STORY: 1, SMALL: 1})["currentUsage"]

    person.ask("E como ela acaba?")  # with the whole chat before it
    expect(person.refusal).to_contain_text("429 Esta pergunta precisa de cerca de ")
    told = person.refusal.inner_text()
    assert f"restam {number(LIMIT - used)}. Usados {number(used)} de {number(LIMIT)}. " in told

    system.cli("users", "set-limit", person.email, str(used))
    person.ask("E como ela acaba?")
    expect(person.refusal).to_contain_text("429 Limite de tokens esgotado.")
    told = person.refusal.inner_text()
    assert f"Usados {number(used)} de {number(used)}. Renova em " in told
    assert person.booked({STORY: 1, SMALL: 1})["currentUsage"] == used, "a refusal costs nothing"

    link = re.search(r"http://127\.0\.0\.1:\d+/me/\S+", told)
    assert link, told
    page = person.context.new_page()
    page.goto(link[0])
    expect(page.get_by_role("button", name="Enviar pedido")).to_be_visible()
    expect(page.get_by_text(number(used)).first).to_be_visible()

    system.cli("users", "add-tokens", person.email, str(GRANTED), "--reason", "ticket 4711")
    expect(person.ask("E como ela acaba?")).to_contain_text(ANSWER)
    expect(person.refusal).to_have_count(0)
    shown = person.booked({STORY: 2, SMALL: 1})
    assert shown["additionalTokens"] == GRANTED


def number(tokens: int) -> str:
    """As people in Brazil write it."""
    return f"{tokens:,}".replace(",", ".")

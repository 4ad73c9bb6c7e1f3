"""A person in front of LibreChat, and what the books say of them."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.librechat.neighbours import Neighbours

NAME, PASSWORD = "Ana Conceição", "uma-senha-bem-comprida"
ENDPOINT = "IA SOLARIS"
WAIT_MILLISECONDS = 120_000  # a busy machine; none is reached when a test passes
BOOKED_SECONDS = 120


@dataclass
class Person:
    """Registered by the first use of `enter`. Ids and test ids: the texts are LibreChat's."""

    around: Neighbours
    context: BrowserContext
    email: str = field(default_factory=lambda: f"ana-{uuid.uuid4().hex[:8]}@example.com")

    def __post_init__(self) -> None:
        """From here on, the model's own books are this person's."""
        self.context.set_default_timeout(WAIT_MILLISECONDS)
        expect.set_options(timeout=WAIT_MILLISECONDS)
        self.page: Page = self.context.new_page()
        self.around.forget()

    def enter(self) -> None:
        """Register, and sign in."""
        page = self.page
        page.goto(f"{self.around.url}/register")
        page.locator("#name").fill(NAME)
        page.locator("#email").fill(self.email)
        page.locator("#password").fill(PASSWORD)
        page.locator("#confirm_password").fill(PASSWORD)
        page.locator("button[type=submit]").click()
        page.wait_for_url("**/login*")
        page.locator("#email").fill(self.email)
        page.locator("#password").fill(PASSWORD)
        page.get_by_test_id("login-button").click()
        page.wait_for_url("**/c/new*")

    def choose(self, model: str) -> None:
        """Pick a model in the menu."""
        chosen = self.page.get_by_test_id("model-selector-button")
        chosen.click()
        self.page.get_by_role("option", name=ENDPOINT).click()
        named = self.page.get_by_text(model, exact=True)
        self.page.get_by_role("option").filter(has=named).click()
        expect(chosen).to_have_text(model)

    def send(self, text: str) -> None:
        """Ask, without waiting."""
        self.page.get_by_test_id("text-input").fill(text)
        self.page.get_by_test_id("send-button").click()

    def ask(self, text: str) -> Locator:
        """Ask, and what came of it once it has ended."""
        before = self.answers.count()
        self.send(text)
        expect(self.answers).to_have_count(before + 1)
        self.ended()
        return self.answers.last

    def stop(self) -> None:
        """Press the button that ends an answer, once some of it is there to read."""
        expect(self.answers.last).to_contain_text("resposta")
        self.page.get_by_test_id("stop-generation-button").click()
        self.ended()

    def ended(self) -> None:
        """Wait until no answer is being written."""
        expect(self.page.get_by_test_id("stop-generation-button")).to_have_count(0)

    @property
    def answers(self) -> Locator:
        """The turns in this chat that are not the person's own."""
        return self.page.locator(".agent-turn")

    @property
    def refusal(self) -> Locator:
        """What LibreChat shows in red in the newest turn."""
        return self.answers.last.get_by_role("alert")

    @property
    def chats(self) -> Locator:
        """The chats beside this one, by their titles."""
        return self.page.get_by_test_id("convo-item")

    @property
    def conversation(self) -> str:
        """The id of the open chat."""
        found = re.search(r"/c/([0-9a-f-]{36})", self.page.url)
        assert found, self.page.url
        return found[1]

    def booked(self, calls: dict[str, int]) -> dict[str, Any]:
        """The books once they have so many calls a model; they agree with the model's own.

        Both sides token by token, nothing estimated, nothing left reserved.
        """
        system = self.around.system
        shown = system.booked_user(self.email, sum(calls.values()), BOOKED_SECONDS)
        spent = self.around.spent()
        told = [(one["promptTokens"], one["completionTokens"]) for one in shown["usage"]]
        assert sorted(told) == sorted(
            (one["prompt_tokens"], one["completion_tokens"]) for one in spent
        )
        assert {one["model"]: one["requests"] for one in shown["models"]} == calls
        assert shown["currentUsage"] == sum(one["total_tokens"] for one in spent)
        assert shown["reservedTokens"] == 0
        assert not any(one["estimated"] for one in shown["usage"])
        return shown

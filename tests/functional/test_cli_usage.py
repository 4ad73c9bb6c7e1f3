"""`solaris users`: who has used how much, and amounts as people type them."""

import json

from solaris.wiring import Wiring
from tests.functional.cli_support import ANA, run, store_fixture, stored, use, wiring_fixture

__all__ = ["store_fixture", "wiring_fixture"]


def test_the_list_is_ordered_and_cut_by_what_was_used(wiring: Wiring) -> None:
    for name, limit, used in (("ana", "1M", 100_000), ("bia", "500k", 450_000), ("caio", "2M", 0)):
        email = f"{name}@example.com"
        run("users", "create", email, "--limit", limit)
        if used:
            use(wiring, used, email)

    def names(*options: str) -> list[str]:
        answer = json.loads(run("users", "list", "--json", *options).stdout)
        return [one["email"].partition("@")[0] for one in answer["users"]]

    assert names() == ["ana", "bia", "caio"]
    assert names("--sort", "used") == ["bia", "ana", "caio"]
    assert names("--sort", "percentage") == ["bia", "ana", "caio"]
    assert names("--sort", "available") == ["caio", "ana", "bia"]
    assert names("--at-least", "80") == ["bia"]
    assert names("--at-least", "90") == ["bia"], "90 % is at least 90 %"
    assert names("--at-least", "90.1") == []
    assert "1 of 2 users" in run("users", "list", "--at-least", "5", "--limit", "1").stdout
    run("users", "list", "--sort", "colour", code=2)
    run("users", "list", "--at-least", "-1", code=2)


def test_amounts_have_units(wiring: Wiring) -> None:
    run("users", "create", ANA, "--limit", "1.5M")
    assert stored(wiring).monthly_limit == 1_500_000
    run("users", "set-limit", ANA, "750k")
    assert stored(wiring).monthly_limit == 750_000
    run("users", "add-tokens", ANA, "50k", "--reason", "fechamento")
    run("users", "add-tokens", ANA, "-20k", "--reason", "sobrou")
    assert stored(wiring).additional_tokens == 30_000
    run("users", "set-plan", ANA, "pro", "--limit", "2,5mi")
    assert stored(wiring).monthly_limit == 2_500_000
    refused = run("users", "set-limit", ANA, "1.500", code=2)
    assert "two ways" in " ".join(refused.output.split())
    assert stored(wiring).monthly_limit == 2_500_000

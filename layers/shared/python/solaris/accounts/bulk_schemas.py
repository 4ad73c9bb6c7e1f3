"""Models of what is done to many users at once: bulk changes and the import of a CSV file."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from solaris.accounts.bulk import MAX_USERS, BulkAction, BulkRequest
from solaris.accounts.importing.import_file import MAX_CHARACTERS, MAX_LINES
from solaris.accounts.importing.import_groups import FieldChange
from solaris.accounts.importing.importer import ImportAction, ImportResult
from solaris.accounts.schemas import (
    Amount,
    LastDay,
    NeededReason,
    Reason,
    Tokens,
    UserId,
    UserOut,
)
from solaris.platform.errors import InvalidRequestError, SolarisError
from solaris.platform.texts import Locale, error_text, rule_text
from solaris.platform.web.schemas import ApiModel, FieldProblem
from solaris.quota.grant import GrantKind, Term
from solaris.quota.user import Plan

_HomeGroup = Annotated[str, StringConstraints(pattern=r"^([0-9a-f]{12})?$")]


def problem_of(error: SolarisError, locale: Locale) -> FieldProblem:
    """Why one item of many failed, in the language of the caller."""
    if isinstance(error, InvalidRequestError) and error.rule is not None:
        message = rule_text(error.rule, locale, error.values)
        return FieldProblem(field=to_camel(error.field or ""), code=error.rule, message=message)
    return FieldProblem(field="", code=error.code, message=error_text(error.code, locale))


def _each_once(ids: list[str]) -> list[str]:
    if len(set(ids)) < len(ids):
        raise PydanticCustomError("repeated", "was given more than once")
    return ids


class BulkUpdate(ApiModel):
    """One change of 100 users at most. `amount` with add_tokens, `plan` with set_plan,
    `monthlyLimit` with set_limit, `groupId` with set_group.

    `kind` and `until` are those of a single grant.
    """

    action: BulkAction
    user_ids: Annotated[
        list[UserId],
        Field(min_length=1, max_length=MAX_USERS, json_schema_extra={"uniqueItems": True}),
        AfterValidator(_each_once),
    ]
    reason: NeededReason
    amount: Amount | None = None
    kind: GrantKind | None = Field(default=None, description="With add_tokens; `every_month`.")
    until: LastDay | None = None
    plan: Plan | None = None
    monthly_limit: Tokens | None = Field(
        default=None, description="With set_limit; with set_plan instead of the plan's."
    )
    group_id: _HomeGroup | None = Field(
        default=None, description="With set_group: another home group; empty: none any more."
    )

    def request(self, idempotency_key: str | None) -> BulkRequest:
        """As the service takes it."""
        return BulkRequest(
            action=self.action,
            reason=self.reason,
            amount=self.amount,
            term=self._term(),
            plan=self.plan,
            monthly_limit=self.monthly_limit,
            group=self.group_id,
            idempotency_key=idempotency_key,
        )

    def _term(self) -> Term | None:
        if self.kind is None and self.until is None:
            return None
        return Term(self.kind or GrantKind.EVERY_MONTH, self.until)


class BulkItem(ApiModel):
    """What became of one user: the user after it, or the problem."""

    user_id: str
    ok: bool
    user: UserOut | None = None
    problem: FieldProblem | None = None


class BulkResults(ApiModel):
    """Every user of the request, in its order."""

    results: list[BulkItem]
    succeeded: int
    failed: int


class UserImport(ApiModel):
    """A CSV file of users."""

    csv: str = Field(
        max_length=MAX_CHARACTERS,
        description="First line `email,name,plan,monthly_limit` (or `e-mail`, `nome`, `plano`, "
        f"`limite_mensal`), commas, semicolons or tabs; {MAX_LINES:,} lines of users at most. An "
        "empty cell leaves the field as it is. An export of users may be sent as it is. "
        "`additional_amount`, `additional_kind` and `until` (`adicionais_quantidade`, "
        "`adicionais_tipo`, `ate`) grant tokens: `this_month`, `until` a day, `until_used` or "
        "`every_month` (`este_mes`, `ate`, `ate_usar`, `todo_mes`); the same to the same user is "
        "granted once, `this_month` once a month. `group` and `cost_center` (`grupo`, "
        "`centro_de_custo`) name the home group, which is made if need be; `-`: none.",
        examples=["email;nome;plano;limite_mensal\nana@example.com;Ana Lima;pro;2.000.000\n"],
    )
    dry_run: bool = Field(default=True, description="Say what would be done, and write nothing.")
    reason: Reason = ""


class ChangeOut(ApiModel):
    """One field of a user, before and after; `before` is null for a new user.

    What a line grants are `additionalAmount`, `additionalKind` and `until`, without a before.
    """

    field: str
    before: str | int | None
    after: str | int

    @classmethod
    def of(cls, change: FieldChange) -> "ChangeOut":
        """A change, in the words of the wire."""
        return cls(field=to_camel(change.field), before=change.before, after=change.after)


class ImportLineOut(ApiModel):
    """What became, or would become, of one line; `line` counts from 1, the header included."""

    line: int
    email: str
    action: ImportAction
    changes: list[ChangeOut]
    problem: FieldProblem | None

    @classmethod
    def of(cls, result: ImportResult, locale: Locale) -> "ImportLineOut":
        """A result, its problem in the language of the caller."""
        return cls(
            line=result.line,
            email=result.email,
            action=result.action,
            changes=[ChangeOut.of(one) for one in result.changes],
            problem=None if result.error is None else problem_of(result.error, locale),
        )


class ImportResults(ApiModel):
    """Every line of the file that is not blank, in its order."""

    dry_run: bool
    results: list[ImportLineOut]
    new_groups: list[str] = Field(description="Groups that the file is the first to name.")
    created: int
    updated: int
    unchanged: int
    failed: int

    @classmethod
    def of(cls, results: list[ImportResult], *, dry_run: bool, locale: Locale) -> "ImportResults":
        """The lines and their counts."""
        counts = {kind: sum(one.action is kind for one in results) for kind in ImportAction}
        return cls(
            dry_run=dry_run,
            results=[ImportLineOut.of(one, locale) for one in results],
            new_groups=[one.new_group for one in results if one.new_group is not None],
            created=counts[ImportAction.CREATE],
            updated=counts[ImportAction.UPDATE],
            unchanged=counts[ImportAction.UNCHANGED],
            failed=counts[ImportAction.ERROR],
        )

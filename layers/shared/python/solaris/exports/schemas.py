"""Models of exports: what to export, by kind, and jobs in the background."""

from datetime import date
from typing import Annotated, Any, Literal, Self

from pydantic import (
    Field,
    RootModel,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    model_validator,
)
from pydantic_core import InitErrorDetails, PydanticCustomError, to_json

from solaris.alerts.alert import AlertType
from solaris.alerts.listing import AlertKind, AlertQuery, AlertState
from solaris.directory.listing import MAX_SEARCH_CHARACTERS, UsageLevel, UserQuery
from solaris.exports.export import Export, ExportFormat, ExportKind, ExportState
from solaris.exports.exporter import AuditQuery, ExportOrder, Filters
from solaris.platform.texts import Locale
from solaris.platform.web.schemas import ApiModel, Instant, RangeEnd, RangeStart
from solaris.quota.user import Plan, UserStatus
from solaris.reports.schemas import ReportFilterModel

ExportId = Annotated[str, StringConstraints(pattern=r"^[0-9]{8}T[0-9]{9}-[0-9a-f]{16}$")]
_GroupId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
_Text = Annotated[str, StringConstraints(min_length=1, max_length=256)]


class DateRange(ApiModel):
    """From `start` on, before `end`; either may be left out."""

    start: RangeStart | None = None
    end: RangeEnd | None = None


class UserExportFilters(ApiModel):
    """Which users; an empty list asks for all but the deleted ones."""

    status: Annotated[tuple[UserStatus, ...], Field(max_length=len(UserStatus))] = ()
    plan: Annotated[tuple[Plan, ...], Field(max_length=len(Plan))] = ()
    group: Annotated[tuple[_GroupId | Literal["none"], ...], Field(max_length=50)] = Field(
        default=(), description="Ids of groups; `none`: who has no group."
    )
    usage_level: Annotated[tuple[UsageLevel, ...], Field(max_length=len(UsageLevel))] = ()
    date_range: DateRange = Field(default=DateRange(), description="Of their creation.")
    last_seen_from: RangeStart | None = None
    last_seen_to: RangeEnd | None = None
    search: Annotated[str, StringConstraints(max_length=MAX_SEARCH_CHARACTERS)] = Field(
        default="", description="A part of the name or the address."
    )

    def filters(self) -> UserQuery:
        """As the services take them."""
        return UserQuery(
            statuses=self.status,
            plans=self.plan,
            groups=tuple("" if one == "none" else one for one in self.group),
            levels=self.usage_level,
            created_from=self.date_range.start,
            created_to=self.date_range.end,
            seen_from=self.last_seen_from,
            seen_to=self.last_seen_to,
            search=self.search,
        )


class AlertExportFilters(ApiModel):
    """Which alerts; nothing said: all."""

    type: Annotated[tuple[AlertType, ...], Field(max_length=len(AlertType))] = ()
    kind: Annotated[tuple[AlertKind, ...], Field(max_length=len(AlertKind))] = ()
    state: AlertState | None = None
    user_id: _Text | None = None
    from_: RangeStart | None = Field(default=None, alias="from", description="Included.")
    to: RangeEnd | None = Field(default=None, description="Not included; a day without a time is.")

    def filters(self) -> AlertQuery:
        """As the services take them."""
        return AlertQuery(
            types=self.type,
            kinds=self.kind,
            state=self.state,
            user_id=self.user_id,
            created_from=self.from_,
            created_to=self.to,
        )


class AuditExportFilters(ApiModel):
    """Which entries of the audit log; nothing said: all of the two years that it is kept."""

    actor: _Text | None = None
    action: _Text | None = Field(default=None, examples=["user.suspend"])
    target_type: _Text | None = None
    target_id: _Text | None = None
    from_: RangeStart | None = Field(default=None, alias="from", description="Included.")
    to: RangeEnd | None = Field(default=None, description="Not included; a day without a time is.")

    def filters(self) -> AuditQuery:
        """As the services take them."""
        return AuditQuery(
            actor=self.actor,
            action=self.action,
            target_type=self.target_type,
            target_id=self.target_id,
            start=self.from_,
            end=self.to,
        )


class _Order(ApiModel):
    """What every export says."""

    format: ExportFormat
    locale: Locale | None = Field(
        default=None, description="Language of titles, numbers and dates; default: the caller's."
    )
    background: bool = Field(default=False, description="Make it a job, however small it is.")


class UsageExport(_Order):
    """A row for each request, or for each user, model, day, group or key.

    By group as XLSX: sums on the first sheet, and the users of each group on one of its own.
    """

    type: Literal[
        "usage",
        "summary_by_user",
        "summary_by_model",
        "summary_by_day",
        "summary_by_group",
        "summary_by_key",
    ]
    filters: ReportFilterModel = ReportFilterModel()


class UsersExport(_Order):
    """A row for each user, with the figures of this month."""

    type: Literal["users"]
    filters: UserExportFilters = UserExportFilters()


class AlertsExport(_Order):
    """A row for each alert."""

    type: Literal["alerts"]
    filters: AlertExportFilters = AlertExportFilters()


class AuditExport(_Order):
    """A row for each entry of the audit log."""

    type: Literal["audit"]
    filters: AuditExportFilters = AuditExportFilters()


AnyExport = Annotated[
    UsageExport | UsersExport | AlertsExport | AuditExport, Field(discriminator="type")
]
_any_export: TypeAdapter[UsageExport | UsersExport | AlertsExport | AuditExport] = TypeAdapter(
    AnyExport
)


class ExportRequest(RootModel[AnyExport]):
    """What to export. Which filters there are depends on `type`."""

    @model_validator(mode="wrap")
    @classmethod
    def _names_fields(
        cls, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> Self:
        """Name `filters.to`, not `usage.filters.to`: the choice by type is no field."""
        try:
            if not isinstance(value, dict):
                return handler(value)  # type: ignore[no-any-return]
            # as JSON again: here it is Python's already, in which a strict list is no tuple
            # and a strict text no date
            root = _any_export.validate_json(
                to_json(value), strict=True, by_alias=True, by_name=False, context=info.context
            )
            return cls.model_construct(root=root)
        except ValidationError as error:
            lines = [
                InitErrorDetails(
                    # custom, because a model's own kinds of errors are no types of pydantic's
                    type=PydanticCustomError(
                        one["type"], "{said}", {**one.get("ctx", {}), "said": one["msg"]}
                    ),
                    loc=one["loc"][1:] or ("type",),
                    input=one["input"],
                )
                for one in error.errors(include_url=False)
            ]
            raise ValidationError.from_exception_data(cls.__name__, lines) from error

    def order(self, locale: Locale, today: date) -> ExportOrder:
        """As the service takes it; `today` is the periods' zone's."""
        said = self.root.filters
        filters: Filters = (
            said.filters(today) if isinstance(said, ReportFilterModel) else said.filters()
        )
        return ExportOrder(
            kind=ExportKind(self.root.type),
            form=self.root.format,
            locale=self.root.locale or locale,
            filters=filters,
        )


class ExportOut(ApiModel):
    """A job in the background. It and its file are kept for seven days."""

    id: str
    type: ExportKind
    format: ExportFormat
    state: ExportState
    progress: float = Field(
        ge=0, le=1, description="0 to 1; 0 while nobody knows how much there is."
    )
    rows_done: int
    rows_expected: int | None = Field(description="Null where counting is as dear as reading.")
    requested_by: str
    file_name: str | None
    file_bytes: int | None
    download_url: str | None = Field(
        json_schema_extra={"format": "uri-reference"},
        description="Needs no token, holds for 15 minutes, new at each reading. On one machine a "
        "path on the same port, unless PUBLIC_URL is set.",
    )
    error: str | None = Field(
        description="Of a failed job: `too_many_rows`, `out_of_time`, `store_unavailable`, "
        "`interrupted`, `internal_error`."
    )
    created_at: Instant
    finished_at: Instant | None
    expires_at: Instant

    @classmethod
    def of(cls, export: Export, download_url: str | None) -> "ExportOut":
        """A job as the services give it."""
        order = ExportOrder.from_json(export.request)
        return cls(
            id=export.export_id,
            type=order.kind,
            format=order.form,
            state=export.state,
            progress=export.progress,
            rows_done=export.rows_done,
            rows_expected=export.rows_expected,
            requested_by=export.requested_by,
            file_name=export.file_name,
            file_bytes=export.file_bytes,
            download_url=download_url,
            error=export.error,
            created_at=export.created_at,
            finished_at=export.finished_at,
            expires_at=export.expires_at,
        )

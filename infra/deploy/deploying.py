"""A deployment from packages to printed addresses; every step may be run again.

package → bucket → upload → change set → [y/N] → stack → secret → site → first key and admin
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from infra.deploy import changes, emulated, parameters, protection, secret, site, template
from infra.deploy.artifacts import Artifacts
from infra.deploy.artifacts import key_of as artifact_key
from infra.deploy.aws import Account, check_stage, find_account, this_architecture, this_python
from infra.deploy.capacity import capacity_notes
from infra.deploy.errors import DeployError
from infra.deploy.mailing import check_sender, mail_notes
from infra.deploy.packaging import (
    DEFAULT_ARCHITECTURE,
    DEFAULT_PYTHON,
    MEGABYTE,
    ROOT,
    Package,
    Packager,
    Target,
    table,
)
from infra.deploy.remains import Remains
from infra.deploy.removing import delete_stack
from infra.deploy.seeding import seed
from infra.deploy.stack import UNFINISHED, UNFINISHED_TAG, Stack, StackState
from solaris.operations.first_start import InitResult

TAGS = {"project": "ia-solaris"}
_RUNTIME = "python"


@dataclass(frozen=True, slots=True)
class DeployOptions:
    """What to deploy; `parameters` are the stack's, `show` gets each line of progress.

    `confirm` is asked before anything is changed in CloudFormation, and before the rest of a first
    try that failed is removed; None: never asked.
    """

    stage: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    region: str | None = None
    python: str | None = None
    architecture: str | None = None
    with_site: bool = True
    confirm: Callable[[str], bool] | None = None
    template: Path = ROOT / "template.yaml"
    out: Path = ROOT / "build"
    show: Callable[[str], None] = print


@dataclass(frozen=True, slots=True)
class Deployed:
    """Where everything is. `key` and `admin_password` are there on the run that made them.

    `changed` is False when the stage was already exactly this. `mail_notes` say what is missing
    until its mails are delivered.
    """

    stage: str
    account: Account
    api_url: str
    gateway_url: str
    site_url: str
    outputs: dict[str, str]
    key: str | None
    key_id: str
    admin_email: str | None
    admin_password: str | None
    has_upstream: bool
    mail_notes: tuple[str, ...]
    capacity_notes: tuple[str, ...]
    changed: bool


class DeclinedError(DeployError):
    """The person who was asked said no."""


def deploy(options: DeployOptions) -> Deployed:
    """Bring a stage to what this checkout and the options say; raises DeployError."""
    return _Deployment(options).run()


class _Deployment:
    """One run; what it finds out on its way."""

    def __init__(self, options: DeployOptions) -> None:
        check_stage(options.stage)
        self.options = options
        self.show = options.show
        if options.with_site:
            site.check_node()
        self.template = template.read_template(options.template)
        self.account = find_account(options.region)
        self.stack = Stack(self.account, f"solaris-{options.stage}")
        self.artifacts = Artifacts(self.account)
        self.tags = TAGS | {"stage": options.stage}
        self.changed = False
        self.capacity: tuple[str, ...] = ()

    def run(self) -> Deployed:
        account = self.account
        where = account.endpoint or f"account {account.account_id}"
        self.show(f"stage {self.options.stage} → {where}, {account.region}")
        state = self._usable_state()
        target = self._target(state)
        packages = Packager(target, self.options.out, show=self.show).build()
        self._check_runtime(target, packages)
        self.show(table(packages))
        had = state.parameters if state is not None and not state.is_empty else {}
        given = self._given(state, target)
        for name, value in parameters.taken_no_longer(self.template.parameters, had).items():
            if name not in given:
                self.show(f"parameter {name}: {value} is taken no longer, the default instead")
        will_be = parameters.effective(self.template.parameters, had, given)
        parameters.check_costs(will_be)
        self.capacity = tuple(capacity_notes(account, will_be))
        if account.is_emulator:
            self.show("otherwise than on AWS:")
            for line in emulated.differences(will_be):
                self.show(f"  {line}")
        url = self._upload(packages, will_be)
        is_first = state is None or state.is_empty or state.is_unfinished
        # a creation that fails must be able to take its tables back
        is_protected_late = is_first and self._protection(given)
        state, plan = self._first_pass(state, url, given)
        state = self._second_pass(state, url, given, plan, is_protected_late)
        protection.keep(self.stack, had, state, self.show)
        self._prune()
        site_url = self._site(state)
        values = parameters.effective(self.template.parameters, state.parameters, given)
        seeded = seed(account, self.options.stage, from_email=values.get("FromEmail", ""))
        return self._deployed(state, site_url, seeded, plan, values)

    def _usable_state(self) -> StackState | None:
        """The stack as it stands, None when it is to be created."""
        state = self.stack.state()
        if state is None or state.is_empty or state.has_never_worked:
            check_sender(self.account, **self._mail_by(self.options.parameters))
        if state is not None and state.is_busy:
            msg = f"stack {self.stack.name}: {state.status}: another deployment is under way"
            raise DeployError(msg)
        if state is not None and state.status == "UPDATE_ROLLBACK_FAILED":
            msg = (
                f"stack {self.stack.name}: {state.status}: run `aws cloudformation "
                f"continue-update-rollback --stack-name {self.stack.name}` first"
            )
            raise DeployError(msg)
        if state is not None and state.has_never_worked:
            protection.refuse_kept(self.stack, state, self.options.stage)
            self.show(f"stack {self.stack.name}: {state.status}: the first try has failed")
            if self.options.confirm is not None and not self.options.confirm("Remove its rest?"):
                msg = "nothing was removed"
                raise DeclinedError(msg)
            remains = Remains(self.account, self.stack.resources())
            protection.lift(self.account, remains, since=state.created_at, show=self.show)
            delete_stack(self.stack, state.stack_id, remains, self.show)
            return None
        if state is not None and state.is_half_deleted:
            msg = (
                f"stack {self.stack.name}: {state.status}: its deletion was begun and has failed "
                f"({state.reason or 'no reason is given'}); end it first: "
                f"make destroy STAGE={self.options.stage}"
            )
            raise DeployError(msg)
        return state

    def _target(self, state: StackState | None) -> Target:
        """What to build for: as asked, else as the stack is, else the default."""
        had = state.parameters if state else {}
        emulated = self.account.is_emulator
        python = self.options.python or had.get("PythonRuntime", "").removeprefix(_RUNTIME)
        architecture = self.options.architecture or had.get("Architecture", "")
        given = self.options.parameters
        if not python:
            default = this_python() if emulated else DEFAULT_PYTHON
            python = given.get("PythonRuntime", default).removeprefix(_RUNTIME)
        if not architecture:
            default = this_architecture() if emulated else DEFAULT_ARCHITECTURE
            architecture = given.get("Architecture", default)
        return Target(python, architecture)

    def _check_runtime(self, target: Target, packages: list[Package]) -> None:
        too_new = sorted({name for package in packages for name in package.too_new})
        if too_new and not self.account.is_emulator:
            msg = (
                f"python{target.python} on AWS has an older C library than {', '.join(too_new)} "
                "wants: --python 3.13"
            )
            raise DeployError(msg)

    def _upload(self, packages: list[Package], values: dict[str, str]) -> str:
        """Packages and template into the artifact bucket; returns the template's address.

        `values` are the stack's parameters as they will be.
        """
        if self.artifacts.create():
            self.show(f"bucket {self.artifacts.bucket} made")
        keys = {package.source: artifact_key(package.path) for package in packages}
        locations = {one: f"s3://{self.artifacts.bucket}/{key}" for one, key in keys.items()}
        data = self.template.located(locations).stamped(values).to_json()
        key = template.key_of(data)
        self.artifacts.note(self.options.stage, [*keys.values(), key], datetime.now(UTC))
        for package in packages:
            _, is_new = self.artifacts.upload(package.path)
            if is_new:
                size = package.archive.zip_bytes / MEGABYTE
                self.show(f"uploaded {package.source} ({size:.1f} MB)")
        self.artifacts.put(data, key)
        return self.account.object_url(self.artifacts.bucket, key)

    def _prune(self) -> None:
        """Remove packages that only long past deployments of this stage used."""
        if removed := self.artifacts.prune(self.options.stage):
            self.show(f"bucket {self.artifacts.bucket}: {removed} packages of old deployments gone")

    def _given(self, state: StackState | None, target: Target) -> dict[str, str]:
        is_new = state is None or state.is_empty or state.is_unfinished
        own = emulated.defaults() if is_new and self.account.is_emulator else {}
        fixed = {
            "Stage": self.options.stage,
            "PythonRuntime": f"{_RUNTIME}{target.python}",
            "Architecture": target.architecture,
        }
        return own | dict(self.options.parameters) | fixed

    def _protection(self, given: dict[str, str]) -> bool:
        """Switch deletion protection off in `given`; whether it shall be on in the end."""
        values = parameters.effective(self.template.parameters, {}, given)
        if values.get(protection.PARAMETER) != protection.ON:
            return False
        given[protection.PARAMETER] = protection.OFF
        self.tags |= {UNFINISHED_TAG: UNFINISHED}
        return True

    def _first_pass(
        self, state: StackState | None, url: str, given: dict[str, str]
    ) -> tuple[StackState, secret.SecretPlan]:
        """Create or update the stack; the secret of an existing one is written with it."""
        may_ask = self.options.confirm is not None
        plan = None
        arn = state.outputs.get("SecretArn") if state else None
        if arn is not None:
            has, _ = secret.read_secret(self.account, arn)
            plan = secret.plan_secret(
                self.account, arn, secret.given_secrets(may_ask=may_ask, has=has)
            )
            given["SecretsRevision"] = plan.revision
            if plan.changed:
                self.show(f"secret: {', '.join(plan.changed)} will be stored")
        state = self._apply(state, url, given, plan, confirm=self.options.confirm)
        if plan is None:
            arn = state.outputs["SecretArn"]
            has, _ = secret.read_secret(self.account, arn)
            plan = secret.plan_secret(
                self.account, arn, secret.given_secrets(may_ask=may_ask, has=has)
            )
            secret.write_secret(self.account, plan, self.show)
        return state, plan

    def _second_pass(
        self,
        state: StackState,
        url: str,
        given: dict[str, str],
        plan: secret.SecretPlan,
        is_protected_late: bool,
    ) -> StackState:
        """What only the finished stack could tell (the site's address, the secret's version).

        And what only a finished stack may have: deletion protection.
        """
        late = {"SecretsRevision": plan.revision}
        if is_protected_late:
            late[protection.PARAMETER] = protection.ON
            del self.tags[UNFINISHED_TAG]
        site_url = state.outputs.get("SiteUrl")
        if site_url and not state.parameters.get("PublicUrl") and "PublicUrl" not in given:
            late["PublicUrl"] = site_url
        declared = self.template.parameters
        late = {
            name: value
            for name, value in late.items()
            if name in declared and state.parameters.get(name) != value
        }
        if not late:
            return state
        self.show(f"updating {' and '.join(sorted(late))} …")
        return self._apply(state, url, given | late, None, confirm=None)

    def _apply(
        self,
        state: StackState | None,
        url: str,
        given: dict[str, str],
        plan: secret.SecretPlan | None,
        *,
        confirm: Callable[[str], bool] | None,
    ) -> StackState:
        had = state.parameters if state is not None and not state.is_empty else {}
        change_set = changes.propose(
            self.stack,
            state,
            template_url=url,
            parameters=parameters.stack_parameters(self.template.parameters, had, given),
            tags=self.tags,
        )
        if change_set is None:
            if state is None:
                msg = f"stack {self.stack.name}: template.yaml makes nothing"
                raise DeployError(msg)
            self.show(f"stack {self.stack.name}: no changes")
            return state
        changes.preview(change_set.changes, self.show)
        if confirm is not None and not confirm("Deploy?"):
            changes.discard(self.stack, change_set.arn, is_new=not had)
            msg = "nothing was deployed"
            raise DeclinedError(msg)
        if plan is not None:
            secret.write_secret(self.account, plan, self.show)
        changes.execute(self.stack, change_set)
        self.changed = True
        return self.stack.follow(change_set.stack_id, self.show)

    def _site(self, state: StackState) -> str:
        """Build and send the site; returns its address, with /admin/."""
        outputs = state.outputs
        bucket = outputs["SiteBucket"]
        distribution = outputs.get("DistributionId")
        if outputs.get("SiteUrl"):
            address = f"{outputs['SiteUrl'].rstrip('/')}/admin/"
            api_base = "/api"
        else:
            address = self.account.object_url(bucket, "admin/index.html")
            api_base = f"{self._reachable(outputs['ApiUrl'])}/api"
        if not self.options.with_site:
            return address
        self.show("building the site …")
        site.build_site(self.show)
        stage = {
            "locale": state.parameters["Locale"],
            "timeZone": state.parameters["PeriodTimezone"],
        }
        files = site.site_files(site.DIST, api_base, **stage)
        synced = site.sync(self.account, bucket, files)
        if synced.sent or synced.removed:
            self.changed = True
            self.show(f"site: {len(synced.sent)} files sent, {len(synced.removed)} removed")
        else:
            self.show("site: no changes")
        if distribution is not None:
            site.invalidate(self.account, distribution, synced)
        return address

    def _mail_by(self, given: Mapping[str, str]) -> dict[str, str]:
        """Sender and mail server, as parameters have them."""
        values = parameters.effective(self.template.parameters, {}, given)
        return {
            "from_email": values.get("FromEmail", ""),
            "smtp_host": values.get("SmtpHost", ""),
        }

    def _reachable(self, url: str) -> str:
        """A URL of API Gateway as this machine reaches it: an emulator has it under its own."""
        endpoint = self.account.endpoint
        parts = urlsplit(url)
        host = parts.hostname or ""
        if endpoint is None or ".execute-api." not in host:
            return url.rstrip("/")
        api = host.split(".", 1)[0]
        return f"{endpoint.rstrip('/')}/_aws/execute-api/{api}{parts.path.rstrip('/')}"

    def _deployed(
        self,
        state: StackState,
        site_url: str,
        seeded: InitResult,
        plan: secret.SecretPlan,
        values: dict[str, str],
    ) -> Deployed:
        has_upstream = bool(values.get("LitellmBaseUrl")) or plan.has_upstream_key
        made = seeded.new_key or seeded.new_admin_email
        return Deployed(
            stage=self.options.stage,
            account=self.account,
            api_url=self._reachable(state.outputs["ApiUrl"]),
            gateway_url=self._reachable(state.outputs["GatewayUrl"]),
            site_url=site_url,
            outputs=state.outputs,
            key=seeded.new_key,
            key_id=seeded.key_id,
            admin_email=seeded.new_admin_email,
            admin_password=seeded.new_admin_password,
            has_upstream=has_upstream,
            mail_notes=tuple(mail_notes(self.account, **self._mail_by(values))),
            capacity_notes=self.capacity,
            changed=self.changed or bool(made),
        )

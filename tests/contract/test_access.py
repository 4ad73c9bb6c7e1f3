"""Who may call what: every operation of the admin API, in one table for people to read.

A new operation is added here by hand: what stands in this table is what somebody has thought
about. `-`: no admin key may, whatever its scopes; `anybody`: without signing in.
"""

import pytest

from solaris.api import registered
from solaris.exports.access import ACCESS
from solaris.exports.export import ExportKind
from solaris.platform.access import SIGNED_IN, Access, Scope
from solaris.platform.actor import Role
from solaris.platform.web.operations import Operation
from solaris.quota.groups.managing import a_member, another_member

TABLE = """
    operation              people                  keys

    getOpenApi             anybody
    getSignInOptions       anybody
    login                  anybody
    refreshToken           anybody
    logout                 anybody
    getOidcLogin           anybody
    getOidcCallback        anybody
    getMyUsage             anybody
    askForTokens           anybody

    getMe                  admin auditor manager viewer  -
    changePassword         admin auditor manager viewer  -
    listAdmins             admin auditor viewer    -
    createAdmin            admin                   -
    updateAdmin            admin                   -
    deleteAdmin            admin                   -
    resetAdminPassword     admin                   -
    listAdminKeys          admin                   -
    createAdminKey         admin                   -
    revokeAdminKey         admin                   -
    getPersonalData        admin                   -

    getUsers               admin auditor manager viewer  users:read
    getUserById            admin auditor manager viewer  users:read
    getUserStats           admin manager viewer          users:read
    getUserUsage           admin manager viewer          users:read
    getUserForecast        admin manager viewer          users:read
    getUserRefusals        admin manager viewer          users:read
    getUserTransactions    admin manager viewer          users:read
    getUserPeriods         admin manager viewer          users:read
    getUserGrants          admin manager viewer          users:read
    getUserRequests        admin manager viewer          users:read
    getTokenRequests       admin manager viewer          users:read
    getAlerts              admin manager viewer          users:read
    getAlert               admin manager viewer          users:read
    listMailSuppressions   admin viewer            users:read

    createUser             admin                   users:write
    updateUser             admin                   users:write
    activateUser           admin manager                 users:write
    suspendUser            admin manager                 users:write
    addTokens              admin manager                 users:write
    approveRequest         admin manager                 users:write
    denyRequest            admin manager                 users:write
    voidGrant              admin                   users:write
    resetMonthlyUsage      admin                   users:write
    liftDailyLimit         admin manager                 users:write
    deleteUser             admin                   users:write
    mergeUser              admin                   users:write
    releaseAlias           admin                   users:write
    createPersonalLink     admin                   users:write
    bulkUpdateUsers        admin                   users:write
    importUsers            admin                   users:write
    resolveAlert           admin                   users:write
    reopenAlert            admin                   users:write
    resolveAllAlerts       admin                   users:write
    liftMailSuppression    admin                   users:write

    getGroups              admin auditor manager viewer  groups:read
    getGroup               admin auditor manager viewer  groups:read
    createGroup            admin                   groups:write
    updateGroup            admin                   groups:write
    previewGroup           admin                   groups:write
    deleteGroup            admin                   groups:write

    listKeys               admin viewer            keys:read
    getKey                 admin viewer            keys:read
    createKey              admin                   keys:write
    updateKey              admin                   keys:write
    revokeKey              admin                   keys:write
    deleteKey              admin                   keys:write

    getSettings            admin auditor manager viewer  settings:read
    getPlans               admin viewer            settings:read
    getWeights             admin viewer            settings:read
    getRequestPolicy       admin viewer            settings:read
    previewWeights         admin viewer            settings:read
    updatePlan             admin                   settings:write
    previewPlan            admin                   settings:write
    propagatePlans         admin                   settings:write
    changeWeights          admin                   settings:write
    changeRequestPolicy    admin                   settings:write

    listChannels           admin viewer            settings:read
    getChannel             admin viewer            settings:read
    getChannelHistory      admin viewer            settings:read
    createChannel          admin                   -
    updateChannel          admin                   -
    deleteChannel          admin                   -
    testChannel            admin                   -
    rotateChannelSecret    admin                   -
    resumeChannel          admin                   -

    getSystemStats         admin auditor viewer    reports:read
    getTimeSeries          admin auditor manager viewer  reports:read
    getUsageReport         admin auditor manager viewer  reports:read
    getReconciliation      admin auditor viewer    reports:read
    exportReport           admin auditor manager viewer  reports:read
    listExports            admin auditor manager viewer  reports:read
    getExport              admin auditor manager viewer  reports:read
    deleteExport           admin auditor manager viewer  reports:read

    getAuditLog            admin auditor viewer    audit:read
"""
# Beside what the operations of exports want: what is in the file.
EXPORTS = """
    usage                  admin auditor manager viewer  reports:read
    summary_by_user        admin auditor manager viewer  reports:read
    summary_by_model       admin auditor manager viewer  reports:read
    summary_by_day         admin auditor manager viewer  reports:read
    summary_by_group       admin auditor manager viewer  reports:read
    summary_by_key         admin auditor viewer    reports:read
    users                  admin viewer            users:read
    alerts                 admin viewer            users:read
    audit                  admin auditor viewer    audit:read
"""
# Who only looks may call these although they are no GET: they change nothing of anybody's.
LOOKING_BY_POST = {"exportReport", "deleteExport", "previewWeights", "changePassword"}
PEOPLE_ONLY = ("/admin/admins", "/admin/admin-keys", "/auth/")


def rows(table: str) -> dict[str, str]:
    """A row by its first word, each run of spaces one."""
    lines = [line.split() for line in table.splitlines() if line.split()]
    return {name: " ".join(rest) for name, *rest in lines if name != "operation"}


def written(access: Access) -> str:
    """Access as the table has it."""
    if access.is_open:
        return "anybody"
    return " ".join([*sorted(access.roles), access.key or "-"])


def test_every_operation_is_in_the_table_as_it_is_declared() -> None:
    assert {one.name: written(one.access) for one in registered()} == rows(TABLE)


def test_every_kind_of_export_is_in_the_table_as_it_is_declared() -> None:
    assert {kind.value: written(ACCESS[kind]) for kind in ExportKind} == rows(EXPORTS)


def test_a_row_that_differs_is_noticed() -> None:
    assert rows("  getUsers   admin  users:read\n")["getUsers"] != rows(TABLE)["getUsers"]


@pytest.mark.parametrize("one", registered(), ids=lambda one: one.name)
def test_what_holds_of_every_operation(one: Operation) -> None:
    access = one.access
    if access.is_open:
        assert (access.roles, access.key) == (frozenset(), None)
        return
    assert Role.ADMIN in access.roles
    if one.method != "GET" and one.name not in LOOKING_BY_POST:
        assert access.roles - {Role.MANAGER} == {Role.ADMIN}
    # who sees some people alone is let in by an operation that says how it keeps to them
    assert (one.within is not None) is (Role.MANAGER in access.roles)
    if Role.MANAGER in access.roles and "{user_id}" in one.path:
        changes = one.method != "GET"
        assert one.within is (another_member if changes else a_member)
    if one.path.startswith(PEOPLE_ONLY):
        assert access.key is None
    if access.key is not None:
        changes = one.method != "GET" and one.name not in LOOKING_BY_POST
        assert access.key.endswith(":write" if changes else (":read", ":write"))


def test_every_scope_opens_something_and_every_role_is_let_in_somewhere() -> None:
    assert {one.access.key for one in registered()} == {None, *Scope}
    assert frozenset(Role) == SIGNED_IN
    for role in Role:
        assert any(role in one.access.roles for one in registered())


def test_nobody_without_a_role_or_a_scope_is_let_in() -> None:
    for one in registered():
        assert one.access.admits(None, ()) is one.access.is_open
        # a key has no role, and a person no scopes
        for role in Role:
            expected = one.access.is_open or role in one.access.roles
            assert one.access.admits(role, list(Scope)) is expected

"""Who may have which export made, and its file: who may see its rows where they are listed.

Beside this a key needs the scope of exports themselves (`reports:read`).
"""

from collections.abc import Mapping

from solaris.exports.export import ExportKind
from solaris.platform.access import (
    GROUP_REPORT_READERS,
    READERS,
    REPORT_READERS,
    Access,
    Scope,
)

_FIGURES = Access(GROUP_REPORT_READERS, key=Scope.REPORTS_READ)

ACCESS: Mapping[ExportKind, Access] = {
    ExportKind.USAGE: _FIGURES,
    ExportKind.BY_USER: _FIGURES,
    ExportKind.BY_MODEL: _FIGURES,
    ExportKind.BY_DAY: _FIGURES,
    ExportKind.BY_GROUP: _FIGURES,
    ExportKind.BY_KEY: Access(REPORT_READERS, key=Scope.REPORTS_READ),
    ExportKind.USERS: Access(READERS, key=Scope.USERS_READ),
    ExportKind.ALERTS: Access(READERS, key=Scope.USERS_READ),
    ExportKind.AUDIT: Access(REPORT_READERS, key=Scope.AUDIT_READ),
}

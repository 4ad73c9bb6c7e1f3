/** What the audit log names, as far as this site has words for it; anything else is shown raw. */
export const ACTIONS = [
  "user.create",
  "user.rename",
  "user.set_plan",
  "user.set_limit",
  "user.add_tokens",
  "user.set_additional_tokens",
  "user.suspend",
  "user.activate",
  "user.block",
  "user.set_pending",
  "user.reset_usage",
  "user.delete",
  "user.restore",
  "user.link",
  "suppression.lift",
  "key.create",
  "key.update",
  "key.revoke",
  "alert.resolve",
  "report.export",
  "report.remove",
  "admin.login",
  "admin.login_failed",
  "admin.locked",
  "admin.logout",
  "admin.session_revoked",
  "admin.change_password",
  "admin.password_refused",
  "admin.reset_password",
  "admin.create",
  "admin.update",
  "admin.delete",
] as const;
export type Action = (typeof ACTIONS)[number];

export const TARGETS = ["user", "key", "admin", "alert", "report", "suppression"] as const;
export type Target = (typeof TARGETS)[number];

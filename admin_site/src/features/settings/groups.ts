import type { Model } from "@/shared/api/types";
import type { Format } from "@/shared/format";
import type { SettingsTexts } from "./texts";

/** One value, and the variables that it is changed by; none: it cannot be changed. */
export interface Row {
  label: string;
  value: string;
  variables: readonly string[];
  /** An address or another word of machines. */
  isCode?: boolean;
  /** Nothing is set. */
  isUnset?: boolean;
}

export interface Group {
  key: "system" | "upstream" | "quota" | "plans" | "mail" | "provisioning" | "limits" | "signingIn";
  rows: readonly Row[];
}

const PLANS = ["trial", "basic", "pro", "enterprise"] as const;

/** Everything that the API tells of the configuration. */
export function settingsGroups(
  settings: Model<"SettingsOut">,
  t: SettingsTexts,
  format: Format,
): Group[] {
  return [
    { key: "quota", rows: quota(settings.quota, t, format) },
    { key: "plans", rows: plans(settings.quota, t, format) },
    { key: "upstream", rows: upstream(settings.upstream, t, format) },
    { key: "provisioning", rows: provisioning(settings.provisioning, t) },
    { key: "mail", rows: mail(settings, t) },
    { key: "limits", rows: limits(settings.rateLimits, t, format) },
    { key: "signingIn", rows: signingIn(settings.signingIn, t) },
    { key: "system", rows: system(settings, t, format) },
  ];
}

/** A text, or what stands for none. */
function orNone(value: string | null, none: string): Pick<Row, "value" | "isUnset"> {
  return value ? { value } : { value: none, isUnset: true };
}

function system(
  { system: it, redisConfigured }: Model<"SettingsOut">,
  t: SettingsTexts,
  format: Format,
): Row[] {
  return [
    { label: t("version"), value: it.version, variables: [] },
    { label: t("stage"), value: it.stage, variables: ["SOLARIS_STAGE"] },
    {
      label: t("locale"),
      value: t(it.locale === "en" ? "locale_en" : "locale_ptBR"),
      variables: ["LOCALE"],
    },
    { label: t("timeZone"), value: it.timeZone, variables: ["PERIOD_TIMEZONE"] },
    { label: t("currency"), value: it.currency, variables: ["CURRENCY"] },
    ...(it.exchangeRates.length > 0
      ? [
          {
            label: t("exchangeRates"),
            value: it.exchangeRates
              .map((one) =>
                t("rateSince", {
                  rate: one.rate.toLocaleString(format.locale, { minimumFractionDigits: 2 }),
                  date: format.date(one.since),
                }),
              )
              .join("; "),
            variables: ["EXCHANGE_RATES"],
          },
        ]
      : []),
    {
      label: t("redis"),
      value: t(redisConfigured ? "redisOn" : "redisOff"),
      variables: ["REDIS_URL"],
    },
  ];
}

function upstream(it: Model<"UpstreamOut">, t: SettingsTexts, format: Format): Row[] {
  const seconds = (value: number) => t("seconds", { value: value.toLocaleString(format.locale) });
  return [
    {
      label: t("url"),
      ...orNone(it.url, t("notConfigured")),
      variables: ["LITELLM_BASE_URL"],
      isCode: it.url !== null,
    },
    {
      label: t("key"),
      ...orNone(it.hasKey ? t("hasKey") : null, t("noKey")),
      variables: ["LITELLM_API_KEY", "OPENAI_API_KEY"],
    },
    {
      label: t("connectTimeout"),
      value: seconds(it.connectTimeoutSeconds),
      variables: ["UPSTREAM_CONNECT_TIMEOUT_SECONDS"],
    },
    {
      label: t("idleTimeout"),
      value: seconds(it.idleTimeoutSeconds),
      variables: ["UPSTREAM_IDLE_TIMEOUT_SECONDS"],
    },
  ];
}

function quota(it: Model<"QuotaOut">, t: SettingsTexts, format: Format): Row[] {
  const part = (value: number) => format.percent(100 * value);
  return [
    {
      label: t("defaultLimit"),
      value: format.integer(it.defaultMonthlyLimit),
      variables: ["DEFAULT_MONTHLY_LIMIT"],
    },
    {
      label: t("bounds"),
      value: t("range", {
        from: format.integer(it.minUserLimit),
        to: format.integer(it.maxUserLimit),
      }),
      variables: ["MIN_USER_LIMIT", "MAX_USER_LIMIT"],
    },
    { label: t("warning"), value: part(it.alertThreshold), variables: ["ALERT_THRESHOLD"] },
    { label: t("critical"), value: part(it.criticalThreshold), variables: ["CRITICAL_THRESHOLD"] },
    { label: t("block"), value: part(it.blockThreshold), variables: ["BLOCK_THRESHOLD"] },
    {
      label: t("cachedWeight"),
      value: part(it.cachedTokenWeight),
      variables: ["CACHED_TOKEN_WEIGHT"],
    },
    {
      label: t("strictCap"),
      value: t(it.strictCap ? "strictOn" : "strictOff"),
      variables: ["STRICT_CAP"],
    },
  ];
}

function plans(it: Model<"QuotaOut">, t: SettingsTexts, format: Format): Row[] {
  return it.plans.map(({ plan, monthlyLimit }) => {
    const known = PLANS.find((one) => one === plan);
    return {
      label: known ? t(`plan_${known}`) : plan,
      value: format.integer(monthlyLimit),
      variables: [`PLAN_${plan.toUpperCase()}_LIMIT`],
    };
  });
}

function mail(
  { mail: it, system: { supportEmail } }: Model<"SettingsOut">,
  t: SettingsTexts,
): Row[] {
  return [
    { label: t("transport"), value: t(`transport_${it.transport}`), variables: ["SMTP_HOST"] },
    { label: t("from"), value: it.fromEmail, variables: ["FROM_EMAIL"] },
    {
      label: t("copies"),
      ...orNone(it.adminAlertEmails.join(", "), t("none")),
      variables: ["ADMIN_ALERT_EMAILS"],
    },
    {
      label: t("supportEmail"),
      ...orNone(supportEmail, t("none")),
      variables: ["SUPPORT_EMAIL"],
    },
    {
      label: t("summary"),
      value: t(it.monthlySummary ? "on" : "off"),
      variables: ["MONTHLY_SUMMARY"],
    },
  ];
}

function provisioning(it: Model<"ProvisioningOut">, t: SettingsTexts): Row[] {
  return [
    {
      label: t("autoProvision"),
      value: t(`auto_${it.autoProvision}`),
      variables: ["AUTO_PROVISION"],
    },
    {
      label: t("domains"),
      ...orNone(it.allowedEmailDomains.join(", "), t("allDomains")),
      variables: ["ALLOWED_EMAIL_DOMAINS"],
    },
  ];
}

function limits(it: Model<"RateLimitsOut">, t: SettingsTexts, format: Format): Row[] {
  const text = (limit: Model<"RateLimitOut">) =>
    t("perSecond", {
      rate: limit.perSecond.toLocaleString(format.locale),
      burst: format.integer(limit.burst),
    });
  return [
    {
      label: t("perUser"),
      value: text(it.users),
      variables: ["RATE_LIMIT_PER_SECOND", "RATE_LIMIT_BURST"],
    },
    {
      label: t("perAdmin"),
      value: text(it.admins),
      variables: ["ADMIN_RATE_LIMIT_PER_SECOND", "ADMIN_RATE_LIMIT_BURST"],
    },
  ];
}

function signingIn(it: Model<"SigningInOut">, t: SettingsTexts): Row[] {
  return [
    {
      label: t("accessToken"),
      value: t("every", { minutes: it.accessTokenMinutes }),
      variables: ["ACCESS_TOKEN_MINUTES"],
    },
    {
      label: t("session"),
      value: t("days", { count: it.sessionDays }),
      variables: ["SESSION_DAYS"],
    },
    {
      label: t("oidc"),
      ...orNone(it.oidcEnabled ? (it.oidcIssuer ?? t("on")) : null, t("oidcOff")),
      variables: ["OIDC_ISSUER"],
      isCode: it.oidcEnabled,
    },
    {
      label: t("origins"),
      ...orNone(it.corsAllowedOrigins.join(", "), t("noneFemale")),
      variables: ["CORS_ALLOWED_ORIGINS"],
      isCode: it.corsAllowedOrigins.length > 0,
    },
  ];
}

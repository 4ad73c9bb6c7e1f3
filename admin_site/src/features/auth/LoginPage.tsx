import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Check, Eye, EyeOff, LogIn } from "lucide-react";
import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { api, isUnreachable, unwrap } from "@/shared/api/client";
import { siteConfig } from "@/shared/api/config";
import { refresh, rememberSignIn, signIn } from "@/shared/api/session";
import { usePageTitle } from "@/shared/hooks/title";
import { setLocale, useLocale } from "@/shared/i18n";
import { Button, buttonClass } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { Field, Input } from "@/shared/ui/Field";
import { Logo } from "@/shared/ui/Logo";
import { useAuthTexts } from "./texts";

type Reason =
  | { kind: "wrong" | "away" | "failed" | "oidc_not_allowed" | "oidc_failed" | "ended" }
  | { kind: "locked"; minutes: number };

/** A path of this site; anything else would let a link send people elsewhere after they sign in. */
export function safeReturn(path: string | undefined): string {
  return path?.startsWith("/") && !path.startsWith("//") && !path.includes("\\") ? path : "/";
}

export function LoginPage() {
  const t = useAuthTexts();
  usePageTitle(t("title"));
  const { returnTo, error } = useSearch({ from: "/login" });
  const navigate = useNavigate();
  const target = safeReturn(returnTo);
  const [reason, setReason] = useState<Reason | null>(() => initialReason(error));
  useEffect(() => {
    // Signed in already (another tab, or back from the identity provider): go on.
    void refresh()
      .then((isIn) => (isIn ? navigate({ to: target, replace: true }) : undefined))
      .catch(() => undefined);
  }, [navigate, target]);
  return (
    <main className="grid min-h-dvh lg:grid-cols-[minmax(0,1fr)_minmax(0,1.1fr)]">
      <div className="flex flex-col px-6 py-8 sm:px-12">
        <div className="flex items-center justify-between">
          <div className="flex items-center gap-2.5">
            <Logo />
            <span className="font-semibold text-base tracking-tight">IA SOLARIS</span>
          </div>
          <LanguageSwitch />
        </div>
        <div className="m-auto w-full max-w-sm py-10">
          <h1 className="font-semibold text-2xl tracking-tight">{t("title")}</h1>
          <p className="mt-1.5 mb-7 text-ink-soft">{t("subtitle")}</p>
          {reason === null ? null : (
            <p
              role="alert"
              className="mb-5 rounded-xl bg-danger-soft px-4 py-3 text-danger ring-1 ring-danger/20"
            >
              {reason.kind === "locked" ? t("locked", { minutes: reason.minutes }) : t(reason.kind)}
            </p>
          )}
          <PasswordForm
            onReason={setReason}
            onSignedIn={() => void navigate({ to: target, replace: true })}
          />
          <OidcLink returnTo={target} />
        </div>
      </div>
      <Pitch />
    </main>
  );
}

function initialReason(error: string | undefined): Reason | null {
  if (error === undefined) return null;
  if (error === "ended") return { kind: "ended" };
  return { kind: error === "oidc_not_allowed" ? "oidc_not_allowed" : "oidc_failed" };
}

function PasswordForm({
  onReason,
  onSignedIn,
}: {
  onReason: (reason: Reason | null) => void;
  onSignedIn: () => void;
}) {
  const t = useAuthTexts();
  const [busy, setBusy] = useState(false);
  const [touched, setTouched] = useState(false);
  const [isShown, setShown] = useState(false);
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setTouched(true);
    if (!email.trim() || !password) return;
    setBusy(true);
    onReason(null);
    try {
      const refused = await signIn(email.trim(), password);
      if (refused === null) onSignedIn();
      else onReason(reasonOf(refused));
    } catch {
      onReason({ kind: "away" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="flex flex-col gap-4">
      <Field label={t("email")} error={touched && !email.trim() ? t("emailNeeded") : undefined}>
        <Input
          ref={first}
          type="email"
          autoComplete="username"
          inputMode="email"
          className="h-11"
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
      </Field>
      <Field label={t("password")} error={touched && !password ? t("passwordNeeded") : undefined}>
        <div className="relative">
          <Input
            type={isShown ? "text" : "password"}
            autoComplete="current-password"
            className="h-11 pr-11"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
          />
          <button
            type="button"
            aria-label={t(isShown ? "hidePassword" : "showPassword")}
            onClick={() => setShown(!isShown)}
            className="absolute inset-y-0 right-0 grid w-11 place-items-center text-ink-faint hover:text-ink"
          >
            {isShown ? <EyeOff className="size-4.5" /> : <Eye className="size-4.5" />}
          </button>
        </div>
      </Field>
      <Button type="submit" variant="primary" size="large" busy={busy} className="mt-2">
        {t("submit")}
      </Button>
    </form>
  );
}

function reasonOf(answer: Response): Reason {
  if (answer.status === 401) return { kind: "wrong" };
  if (answer.status === 429) {
    const seconds = Number(answer.headers.get("retry-after")) || 60;
    return { kind: "locked", minutes: Math.max(1, Math.ceil(seconds / 60)) };
  }
  return { kind: isUnreachable(answer.status) ? "away" : "failed" };
}

function OidcLink({ returnTo }: { returnTo: string }) {
  const t = useAuthTexts();
  const options = useQuery({
    queryKey: ["sign-in-options"],
    queryFn: () => unwrap(api().GET("/auth/options")),
    staleTime: Number.POSITIVE_INFINITY,
  });
  const oidc = options.data?.oidc;
  if (!oidc?.enabled) return null;
  const query = new URLSearchParams({ returnTo: `/admin${returnTo}` });
  return (
    <>
      <p className="my-5 flex items-center gap-3 text-ink-faint text-xs before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
        {t("or")}
      </p>
      <a
        href={`${siteConfig().apiBaseUrl}/auth/oidc/login?${query}`}
        // The provider sends people back with a session: it is looked for then.
        onClick={() => rememberSignIn(true)}
        className={cn(buttonClass("secondary", "large"), "w-full")}
      >
        <LogIn className="size-4" aria-hidden />
        {t("oidc", { name: oidc.name ?? "OIDC" })}
      </a>
    </>
  );
}

function LanguageSwitch() {
  const locale = useLocale();
  const next = locale === "en" ? "pt-BR" : "en";
  return (
    <Button size="small" variant="ghost" lang={next} onClick={() => setLocale(next)}>
      {next === "en" ? "English" : "Português"}
    </Button>
  );
}

function Pitch() {
  const t = useAuthTexts();
  return (
    <section className="relative hidden overflow-hidden bg-[#17120c] text-[#f7f1e6] lg:flex">
      <Sunrise />
      <div className="relative mt-auto max-w-lg p-14">
        <h2 className="font-semibold text-4xl tracking-tight">{t("pitch")}</h2>
        <p className="mt-4 text-[#cfc4b2] text-base leading-relaxed">{t("pitchText")}</p>
        <ul className="mt-8 flex flex-col gap-3">
          <Point>{t("point1")}</Point>
          <Point>{t("point2")}</Point>
          <Point>{t("point3")}</Point>
        </ul>
      </div>
    </section>
  );
}

function Point({ children }: { children: ReactNode }) {
  return (
    <li className="flex items-center gap-3 text-[#e8deca]">
      <span className="grid size-5 place-items-center rounded-full bg-[#f6a623]/20">
        <Check className="size-3 text-[#f6a623]" aria-hidden />
      </span>
      {children}
    </li>
  );
}

/** Rings around a low sun. */
function Sunrise() {
  const id = useId();
  return (
    <svg
      aria-hidden="true"
      className="absolute inset-0 size-full"
      viewBox="0 0 800 900"
      preserveAspectRatio="xMidYMid slice"
    >
      <defs>
        <radialGradient id={id} cx="68%" cy="30%" r="62%">
          <stop offset="0" stopColor="#f6a623" stopOpacity="0.5" />
          <stop offset="0.35" stopColor="#d9731a" stopOpacity="0.2" />
          <stop offset="1" stopColor="#17120c" stopOpacity="0" />
        </radialGradient>
      </defs>
      <rect width="800" height="900" fill={`url(#${id})`} />
      {[70, 120, 180, 250, 330, 420, 520].map((radius, index) => (
        <circle
          key={radius}
          cx="545"
          cy="270"
          r={radius}
          fill={index === 0 ? "#f6a623" : "none"}
          stroke="#f6a623"
          strokeOpacity={0.42 - index * 0.055}
        />
      ))}
    </svg>
  );
}

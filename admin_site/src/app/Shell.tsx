import { Link, Outlet, useMatches } from "@tanstack/react-router";
import { CloudOff, type LucideIcon, Menu as MenuIcon, Search } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { maySee } from "@/shared/access";
import { useMaySee, useSignedIn } from "@/shared/hooks/session";
import { Badge } from "@/shared/ui/Badge";
import { IconButton } from "@/shared/ui/Button";
import { cn } from "@/shared/ui/cn";
import { Logo } from "@/shared/ui/Logo";
import { Toaster } from "@/shared/ui/toast";
import { AccountMenu } from "./AccountMenu";
import { useAway } from "./away";
import { NotForRole } from "./Problems";
import { SECTIONS } from "./sections";
import { useAppTexts } from "./texts";
import { useWaiting, type Waiting } from "./waiting";

const MANY = "1000+";

const loadDrawer = () => import("./Drawer");
const Drawer = lazy(async () => ({ default: (await loadDrawer()).Drawer }));
const loadFinder = () => import("./Finder");
const Finder = lazy(async () => ({ default: (await loadFinder()).Finder }));

/** The frame of every page but the login: navigation, account, what is wrong with the server. */
export function Shell() {
  const t = useAppTexts();
  const [drawer, setDrawer] = useState<"unused" | "open" | "closed">("unused");
  const finder = useFinder();
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[15.5rem_minmax(0,1fr)]">
      <a
        href="#content"
        className="fixed top-2 left-2 z-60 -translate-y-16 rounded-lg bg-brand px-4 py-2 text-on-brand focus:translate-y-0"
      >
        {t("skip")}
      </a>
      <aside className="sticky top-0 hidden h-dvh flex-col border-line border-r bg-surface lg:flex">
        <Brand />
        <FinderButton onOpen={finder.open} />
        <Navigation />
        <div className="mt-auto border-line border-t p-3">
          <AccountMenu />
        </div>
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-20 flex h-14 items-center gap-2 border-line border-b bg-surface/90 px-3 backdrop-blur lg:hidden">
          <IconButton
            label={t("openMenu")}
            aria-haspopup="dialog"
            aria-expanded={drawer === "open"}
            onPointerDown={() => void loadDrawer()}
            onClick={() => setDrawer("open")}
          >
            <MenuIcon className="size-5" aria-hidden />
          </IconButton>
          <Suspense>
            {drawer === "unused" ? null : (
              <Drawer
                open={drawer === "open"}
                onOpenChange={(isOpen) => setDrawer(isOpen ? "open" : "closed")}
              >
                <Brand />
                <Navigation onNavigate={() => setDrawer("closed")} />
                <div className="mt-auto border-line border-t p-3">
                  <AccountMenu />
                </div>
              </Drawer>
            )}
          </Suspense>
          <Logo className="size-7" />
          <span className="font-semibold tracking-tight">IA SOLARIS</span>
          <IconButton label={t("find")} className="ml-auto" onClick={finder.open}>
            <Search className="size-5" aria-hidden />
          </IconButton>
        </header>
        <AwayBanner />
        <main
          id="content"
          tabIndex={-1}
          className="mx-auto w-full max-w-7xl flex-1 px-4 py-6 outline-none sm:px-6 lg:px-8 lg:py-8"
        >
          <Page />
        </main>
      </div>
      <Toaster />
      <Suspense>
        {finder.isUsed ? <Finder open={finder.isOpen} onClose={finder.close} /> : null}
      </Suspense>
    </div>
  );
}

/** The page itself, or why it is not shown: not every role sees every page. */
function Page() {
  const page = useMatches({ select: (matches) => matches.at(-1)?.fullPath ?? "/" });
  return useMaySee(page) ? <Outlet /> : <NotForRole />;
}

/** Open dialogs which cover the page; what is placed at its button (a filter) has a side. */
const MODAL =
  "dialog[open], [role=alertdialog][data-open], [role=dialog][data-open]:not([data-side])";

/**
 * The search over everything: by Ctrl+K (⌘K), or its button. Loaded when first asked for.
 *
 * Over another dialog it does not open: to go elsewhere would lose what that shows only once.
 */
export function useFinder() {
  const [isOpen, setOpen] = useState(false);
  const [isUsed, setUsed] = useState(false);
  const open = () => {
    setUsed(true);
    setOpen(true);
  };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      // On its way before the K: what is typed next must find its box.
      if (event.key === "Control" || event.key === "Meta") void loadFinder();
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      if (event.key.toLowerCase() !== "k") return;
      event.preventDefault(); // The browser's own search bar.
      if (event.repeat) return;
      if (!isOpen && document.querySelector(MODAL) !== null) return;
      setUsed(true);
      setOpen(!isOpen);
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, [isOpen]);
  return { isOpen, isUsed, open, close: () => setOpen(false) };
}

function FinderButton({ onOpen }: { onOpen: () => void }) {
  const t = useAppTexts();
  return (
    <button
      type="button"
      aria-keyshortcuts="Control+K Meta+K"
      onClick={onOpen}
      onPointerEnter={() => void loadFinder()}
      className="mx-3 mb-2 flex items-center gap-2.5 rounded-lg border border-line bg-sunken/60 px-3 py-1.5 text-ink-soft hover:border-line-strong hover:text-ink"
    >
      <Search className="size-4 shrink-0" aria-hidden />
      <span className="flex-1 text-left">{t("find")}</span>
      <kbd aria-hidden className="rounded border border-line bg-surface px-1.5 font-sans text-xs">
        Ctrl K
      </kbd>
    </button>
  );
}

function Brand() {
  return (
    <div className="flex h-16 items-center gap-2.5 px-5">
      <Logo />
      <span className="font-semibold text-base tracking-tight">IA SOLARIS</span>
    </div>
  );
}

function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  const t = useAppTexts();
  const waiting = useWaiting();
  const role = useSignedIn()?.role;
  return (
    <nav aria-label={t("navigation")} className="flex flex-col gap-5 px-3 py-2">
      {SECTIONS.map((section) => (
        <ul key={section[0].to} className="flex flex-col gap-0.5">
          {section
            .filter((item) => maySee(role, item.to))
            .map((item) => (
              <li key={item.to} className="relative">
                <NavigationLink
                  {...item}
                  label={t(item.text)}
                  {...badgeOf(item.to, waiting, t)}
                  {...(onNavigate ? { onNavigate } : {})}
                />
                {item.to === "/users" && waiting.people > 0 ? (
                  <Link
                    to="/users"
                    search={{ status: ["pending"] }}
                    {...(onNavigate ? { onClick: onNavigate } : {})}
                    aria-label={t("waitingPeople", { count: waiting.people })}
                    title={t("waitingPeople", { count: waiting.people })}
                    className="absolute inset-y-0 right-2.5 flex items-center rounded-full"
                  >
                    <Badge tone="info" className="tabular">
                      {waiting.people}
                    </Badge>
                  </Link>
                ) : null}
              </li>
            ))}
        </ul>
      ))}
    </nav>
  );
}

/** What waits behind an entry; nothing where nothing does. */
function badgeOf(
  to: string,
  { alerts, requests }: Waiting,
  t: ReturnType<typeof useAppTexts>,
): { badge: string; badgeText: string } | null {
  if (to === "/alerts" && alerts > 0) {
    return { badge: String(alerts), badgeText: t("openAlerts", { count: alerts }) };
  }
  if (to !== "/requests" || requests === 0) return null;
  return requests === null
    ? { badge: MANY, badgeText: t("openRequestsMany") }
    : { badge: String(requests), badgeText: t("openRequests", { count: requests }) };
}

function NavigationLink({
  to,
  icon: Icon,
  label,
  badge,
  badgeText,
  onNavigate,
}: {
  to: (typeof SECTIONS)[number][number]["to"];
  icon: LucideIcon;
  label: string;
  /** How many wait there, and that in words. */
  badge?: string;
  badgeText?: string;
  onNavigate?: () => void;
}) {
  return (
    <Link
      to={to}
      activeOptions={{ exact: to === "/", includeSearch: false }}
      {...(onNavigate ? { onClick: onNavigate } : {})}
      className={cn(
        "flex items-center gap-3 rounded-lg px-3 py-2 font-medium text-ink-soft transition-colors hover:bg-sunken hover:text-ink",
        "aria-[current=page]:bg-brand-soft aria-[current=page]:text-brand-ink",
      )}
    >
      <Icon className="size-4.5 shrink-0" aria-hidden />
      {label}
      {badge === undefined ? null : (
        <>
          <Badge tone="warning" className="tabular -mr-0.5 ml-auto" aria-hidden>
            {badge}
          </Badge>
          <span className="sr-only">{badgeText}</span>
        </>
      )}
    </Link>
  );
}

function AwayBanner() {
  const t = useAppTexts();
  const isAway = useAway();
  return (
    <div role="status">
      {isAway ? (
        <p className="flex items-center gap-2 border-warning/25 border-b bg-warning-soft px-4 py-2.5 text-warning sm:px-8">
          <CloudOff className="size-4 shrink-0" aria-hidden />
          {t("away")}
        </p>
      ) : null}
    </div>
  );
}

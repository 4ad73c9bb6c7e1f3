import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import { z } from "zod/mini";
import { alertsSearch } from "@/features/alerts/search";
import { auditSearch } from "@/features/audit/search";
import { groupsSearch } from "@/features/groups/search";
import { keysSearch } from "@/features/keys/search";
import { reportsSearch } from "@/features/reports/search";
import { requestsSearch } from "@/features/requests/search";
import { userSearch, usersSearch } from "@/features/users/search";
import { homeOf } from "@/shared/access";
import { mayBeSignedIn, refresh, signedIn } from "@/shared/api/session";
import { Crash, NotFound } from "./Problems";
import { Shell } from "./Shell";

interface Context {
  queries: QueryClient;
}

const root = createRootRouteWithContext<Context>()({ notFoundComponent: NotFound });

const optional = z.optional(z.catch(z.optional(z.string()), undefined));

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: z.object({ returnTo: optional, error: optional }),
  component: lazyRouteComponent(() => import("@/features/auth/LoginPage"), "LoginPage"),
});

/** Everything behind the login: without a session, one silent refresh, then the login. */
const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: Shell,
  beforeLoad: async ({ location }) => {
    if (signedIn() !== null) return;
    const wasIn = mayBeSignedIn();
    const isIn = await refresh().catch(() => false);
    if (!isIn) {
      const search = { returnTo: location.href, ...(wasIn ? { error: "ended" } : {}) };
      throw redirect({ to: "/login", search });
    }
  },
});

const dashboard = createRoute({
  getParentRoute: () => inside,
  path: "/",
  beforeLoad: () => {
    const home = homeOf(signedIn()?.role);
    if (home !== "/") throw redirect({ to: home });
  },
  component: lazyRouteComponent(
    () => import("@/features/dashboard/DashboardPage"),
    "DashboardPage",
  ),
});

const account = createRoute({
  getParentRoute: () => inside,
  path: "/account",
  component: lazyRouteComponent(() => import("@/features/auth/AccountPage"), "AccountPage"),
});

const users = createRoute({
  getParentRoute: () => inside,
  path: "/users",
  validateSearch: usersSearch,
  component: lazyRouteComponent(() => import("@/features/users/UsersPage"), "UsersPage"),
});

const user = createRoute({
  getParentRoute: () => inside,
  path: "/users/$userId",
  validateSearch: userSearch,
  component: lazyRouteComponent(() => import("@/features/users/UserPage"), "UserPage"),
});

const groups = createRoute({
  getParentRoute: () => inside,
  path: "/groups",
  validateSearch: groupsSearch,
  component: lazyRouteComponent(() => import("@/features/groups/GroupsPage"), "GroupsPage"),
});

const plans = createRoute({
  getParentRoute: () => inside,
  path: "/plans",
  component: lazyRouteComponent(() => import("@/features/plans/PlansPage"), "PlansPage"),
});

const reports = createRoute({
  getParentRoute: () => inside,
  path: "/reports",
  validateSearch: reportsSearch,
  component: lazyRouteComponent(() => import("@/features/reports/ReportsPage"), "ReportsPage"),
});

const requests = createRoute({
  getParentRoute: () => inside,
  path: "/requests",
  validateSearch: requestsSearch,
  component: lazyRouteComponent(() => import("@/features/requests/RequestsPage"), "RequestsPage"),
});

const alerts = createRoute({
  getParentRoute: () => inside,
  path: "/alerts",
  validateSearch: alertsSearch,
  component: lazyRouteComponent(() => import("./AlertsScreen"), "AlertsScreen"),
});

const channels = createRoute({
  getParentRoute: () => inside,
  path: "/channels",
  component: lazyRouteComponent(() => import("@/features/channels/ChannelsPage"), "ChannelsPage"),
});

const keys = createRoute({
  getParentRoute: () => inside,
  path: "/keys",
  validateSearch: keysSearch,
  component: lazyRouteComponent(() => import("@/features/keys/KeysPage"), "KeysPage"),
});

const models = createRoute({
  getParentRoute: () => inside,
  path: "/models",
  component: lazyRouteComponent(() => import("@/features/models/ModelsPage"), "ModelsPage"),
});

const audit = createRoute({
  getParentRoute: () => inside,
  path: "/audit",
  validateSearch: auditSearch,
  component: lazyRouteComponent(() => import("@/features/audit/AuditPage"), "AuditPage"),
});

const admins = createRoute({
  getParentRoute: () => inside,
  path: "/admins",
  component: lazyRouteComponent(() => import("@/features/admins/AdminsPage"), "AdminsPage"),
});

const settings = createRoute({
  getParentRoute: () => inside,
  path: "/settings",
  component: lazyRouteComponent(() => import("@/features/settings/SettingsPage"), "SettingsPage"),
});

const routes = root.addChildren([
  login,
  inside.addChildren([
    dashboard,
    users,
    user,
    groups,
    plans,
    reports,
    requests,
    alerts,
    models,
    channels,
    keys,
    audit,
    admins,
    settings,
    account,
  ]),
]);

export function createAppRouter(queries: QueryClient) {
  return createRouter({
    routeTree: routes,
    basepath: "/admin",
    context: { queries },
    defaultPreload: "intent",
    defaultErrorComponent: Crash,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}

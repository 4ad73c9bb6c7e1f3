import {
  Building2,
  ChartColumn,
  FileClock,
  HandCoins,
  KeyRound,
  Layers,
  LayoutDashboard,
  RadioTower,
  Scale,
  Settings,
  ShieldCheck,
  TriangleAlert,
  Users,
} from "lucide-react";

/** The parts of the site, as the navigation and the search list them. */
export const SECTIONS = [
  [
    { to: "/", icon: LayoutDashboard, text: "dashboard" },
    { to: "/users", icon: Users, text: "users" },
    { to: "/groups", icon: Building2, text: "groups" },
    { to: "/plans", icon: Layers, text: "plans" },
    { to: "/reports", icon: ChartColumn, text: "reports" },
    { to: "/requests", icon: HandCoins, text: "requests" },
    { to: "/alerts", icon: TriangleAlert, text: "alerts" },
    { to: "/channels", icon: RadioTower, text: "channels" },
  ],
  [
    { to: "/models", icon: Scale, text: "models" },
    { to: "/keys", icon: KeyRound, text: "keys" },
    { to: "/audit", icon: FileClock, text: "audit" },
    { to: "/admins", icon: ShieldCheck, text: "admins" },
    { to: "/settings", icon: Settings, text: "settings" },
  ],
] as const;

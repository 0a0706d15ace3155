/** Which view is shown: the part of the address after #. So the page works below any path, and the hub needs no routes. */

import { html, type TemplateResult } from "lit";
import type { Key } from "./text";

export interface Route {
  pattern: RegExp;
  /** Which entry of the navigation it belongs to. */
  section: string;
  load: () => Promise<unknown>;
  view: (parts: string[]) => TemplateResult;
}

export interface Section {
  path: string;
  title: Key;
  icon: string;
  /** Who sees it. */
  scope: "read" | "admin";
  /** Only where a simulation runs beside the hub. */
  simulated?: boolean;
}

/** The navigation, in its order. */
export const SECTIONS: Section[] = [
  { path: "now", title: "app.now", icon: "bolt", scope: "read" },
  { path: "history", title: "app.history", icon: "chart", scope: "read" },
  { path: "chargers", title: "app.chargers", icon: "plug", scope: "read" },
  { path: "tariff", title: "app.tariff", icon: "coin", scope: "read" },
  { path: "meters", title: "app.meters", icon: "gauge", scope: "read" },
  { path: "manage", title: "app.admin", icon: "gear", scope: "admin" },
  { path: "simulator", title: "sim.title", icon: "flask", scope: "admin", simulated: true },
];

const ID = "([a-z0-9][a-z0-9_-]{0,31})";

/** Every view is a file of `views/`, fetched when it is first shown. */
export const ROUTES: Route[] = [
  {
    pattern: /^(?:now)?$/,
    section: "now",
    load: () => import("./views/now"),
    view: () => html`<kw-now></kw-now>`,
  },
  {
    pattern: /^chargers$/,
    section: "chargers",
    load: () => import("./views/chargers"),
    view: () => html`<kw-chargers></kw-chargers>`,
  },
  {
    pattern: /^add$/,
    section: "chargers",
    load: () => import("./views/add-charger"),
    view: () => html`<kw-add-charger></kw-add-charger>`,
  },
  {
    pattern: new RegExp(`^chargers/${ID}$`),
    section: "chargers",
    load: () => import("./views/charger-settings"),
    view: ([id]) => html`<kw-charger-settings .charger=${id}></kw-charger-settings>`,
  },
  {
    pattern: new RegExp(`^history(?:/${ID})?$`),
    section: "history",
    load: () => import("./views/history"),
    view: ([id]) => html`<kw-history .charger=${id ?? ""}></kw-history>`,
  },
  {
    pattern: new RegExp(`^history/${ID}/([0-9]{1,15})$`),
    section: "history",
    load: () => import("./views/session"),
    view: ([id, session]) => html`<kw-session .charger=${id} .number=${Number(session)}></kw-session>`,
  },
  {
    pattern: new RegExp(`^why/${ID}$`),
    section: "history",
    load: () => import("./views/why"),
    view: ([id]) => html`<kw-why .charger=${id}></kw-why>`,
  },
  {
    pattern: /^tariff$/,
    section: "tariff",
    load: () => import("./views/tariff"),
    view: () => html`<kw-tariff></kw-tariff>`,
  },
  {
    pattern: /^meters$/,
    section: "meters",
    load: () => import("./views/meters"),
    view: () => html`<kw-meters></kw-meters>`,
  },
  {
    pattern: /^meters\/([0-9]{1,15})$/,
    section: "meters",
    load: () => import("./views/meter"),
    view: ([id]) => html`<kw-meter .number=${Number(id)}></kw-meter>`,
  },
  {
    pattern: /^meters\/(?:add|([0-9]{1,15})\/settings)$/,
    section: "meters",
    load: () => import("./views/meter-form"),
    view: ([id]) => html`<kw-meter-form .number=${id === undefined ? null : Number(id)}></kw-meter-form>`,
  },
  {
    pattern: new RegExp(`^simulator(?:/${ID})?$`),
    section: "simulator",
    load: () => import("./views/simulator"),
    view: ([id]) => html`<kw-simulator .charger=${id}></kw-simulator>`,
  },
  {
    pattern: /^manage(?:\/users)?$/,
    section: "manage",
    load: () => import("./views/users"),
    view: () => html`<kw-users></kw-users>`,
  },
  {
    pattern: /^manage\/tokens$/,
    section: "manage",
    load: () => import("./views/tokens"),
    view: () => html`<kw-tokens></kw-tokens>`,
  },
  {
    pattern: /^manage\/locations$/,
    section: "manage",
    load: () => import("./views/locations"),
    view: () => html`<kw-locations></kw-locations>`,
  },
  {
    pattern: /^manage\/models$/,
    section: "manage",
    load: () => import("./views/meter-models"),
    view: () => html`<kw-meter-models></kw-meter-models>`,
  },
];

export function current(): string {
  return decodeURIComponent(location.hash.replace(/^#\/?/, ""));
}

export function find(path: string): { route: Route; parts: string[] } | undefined {
  for (const route of ROUTES) {
    const match = route.pattern.exec(path);
    if (match) return { route, parts: match.slice(1) };
  }
  return undefined;
}

export function go(path: string): void {
  location.hash = `#/${path}`;
}

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
}

/** The navigation, in its order. */
export const SECTIONS: Section[] = [
  { path: "now", title: "app.now", icon: "bolt", scope: "read" },
  { path: "history", title: "app.history", icon: "chart", scope: "read" },
  { path: "chargers", title: "app.chargers", icon: "plug", scope: "read" },
  { path: "tariff", title: "app.tariff", icon: "coin", scope: "read" },
];

/** Every view is a file of `views/`, fetched when it is first shown. */
export const ROUTES: Route[] = [
  {
    pattern: /^(?:now)?$/,
    section: "now",
    load: () => import("./views/now"),
    view: () => html`<kw-now></kw-now>`,
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

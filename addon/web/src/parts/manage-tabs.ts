/** What an administrator manages, side by side; everybody else is told that they may not. */

import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { hub } from "../hub/hub";
import { type Key, t } from "../text";

export type Tab = "users" | "tokens" | "locations" | "models";

const TABS: [Tab, Key][] = [
  ["users", "users.title"],
  ["tokens", "tokens.title"],
  ["locations", "locations.title"],
  ["models", "models.title"],
];

/** One of the tabs with its content, asked for only when it may be seen. */
export function managed(tab: Tab, content: () => TemplateResult): TemplateResult {
  if (!hub.may("admin")) return html`<p class="note warn">${t("error.forbidden")}</p>`;
  const title = TABS.find(([each]) => each === tab)?.[1] ?? "app.admin";
  return html`<nav class="tabs" aria-label=${t("app.admin")}>
      ${TABS.map(
        ([each, name]) =>
          html`<a
            href="#/manage/${each}"
            aria-current=${each === tab ? "page" : nothing}
            ${each === tab ? ref(show) : nothing}
            >${t(name)}</a
          >`,
      )}
    </nav>
    <div class="head"><h1 tabindex="-1">${t(title)}</h1></div>
    ${content()}`;
}

/** On a phone not all tabs have room; the one that is shown is in view. */
function show(tab: Element | undefined): void {
  requestAnimationFrame(() => tab?.scrollIntoView({ inline: "nearest", block: "nearest" }));
}

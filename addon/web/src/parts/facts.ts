/** Names with their values, side by side. */

import { html, type TemplateResult } from "lit";

export type Fact = [name: string, value: string];

/** In even columns; `spread` lets each be as wide as it is. */
export function facts(pairs: Fact[], layout: "" | "spread" = ""): TemplateResult {
  return html`<dl class="facts ${layout}">
    ${pairs.map(
      ([name, value]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${value}</dd>
        </div>`,
    )}
  </dl>`;
}

/** What every charger is doing now. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { hub } from "../hub/hub";
import { HubElement } from "../parts/element";
import { icon } from "../parts/icons";
import { t } from "../text";
import "./charger-card";

@customElement("kw-now")
export class Now extends HubElement {
  private tick: ReturnType<typeof setInterval> | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    // "heard 2 min ago" grows older without news.
    this.tick = setInterval(() => hub.changed(), 20_000);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.tick);
  }

  override render(): TemplateResult {
    const { chargers } = hub;
    if (chargers === null) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    if (chargers.length === 0) return noChargers();
    return html`<h1 class="hidden" tabindex="-1">${t("now.title")}</h1>
      <div class="cards">
        ${repeat(
          chargers,
          (each) => each.id,
          (each) => html`<kw-charger-card .charger=${each}></kw-charger-card>`,
        )}
      </div>`;
  }
}

export function noChargers(): TemplateResult {
  return html`<div class="empty">
    <img src="./icon.svg" alt="" />
    <h1 tabindex="-1">${t("now.none")}</h1>
    <p class="soft">${t("now.none_lead")}</p>
    ${hub.may("admin") ? html`<a class="button" href="#/add">${icon("plus")}${t("now.add")}</a>` : nothing}
  </div>`;
}

/** What every charger is doing now. */

import { html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { hub } from "../hub/hub";
import { HubElement } from "../parts/element";
import { noChargers } from "../parts/no-chargers";
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

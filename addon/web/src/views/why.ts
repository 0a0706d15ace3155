/** Every decision about a charger, the newest first. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, query } from "../hub/client";
import { hub } from "../hub/hub";
import type { Decision } from "../hub/types";
import { decisionList } from "../parts/decisions";
import { HubElement } from "../parts/element";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { t } from "../text";

const PAGE = 40;

@customElement("kw-why")
export class Why extends HubElement {
  @property({ attribute: false }) charger = "";
  @state() private most = PAGE;
  private readonly decisions = new Loaded<Decision[]>(this);

  override render(): TemplateResult {
    const name = hub.charger(this.charger)?.name ?? this.charger;
    void this.decisions.load(`${this.charger} ${this.most}`, async () => {
      const path = query(`chargers/${this.charger}/decisions`, { limit: this.most });
      return (await call<{ decisions: Decision[] }>("GET", path)).decisions;
    });
    return html`<a class="crumb" href="#/history/${this.charger}">${icon("back")}${name}</a>
      <div class="head"><h1 tabindex="-1">${t("why.title")}</h1></div>
      ${this.decisions.show((decisions) =>
        decisions.length === 0
          ? html`<p class="soft">${t("why.none")}</p>`
          : html`<div class="card stack">
              ${decisionList(decisions)}
              ${
                decisions.length < this.most
                  ? nothing
                  : html`<button class="button quiet" @click=${() => (this.most += PAGE)}>
                      ${t("history.more")}
                    </button>`
              }
            </div>`,
      )}`;
  }
}

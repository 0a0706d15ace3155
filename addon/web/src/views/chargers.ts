/** All chargers: where one adds them and finds their settings. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { hub } from "../hub/hub";
import type { Charger } from "../hub/types";
import { HubElement } from "../parts/element";
import { icon } from "../parts/icons";
import { t } from "../text";
import { doing } from "../text/doing";
import { noChargers } from "../parts/no-chargers";
import "./removed-chargers";

@customElement("kw-chargers")
export class Chargers extends HubElement {
  override render(): TemplateResult {
    const { chargers } = hub;
    if (chargers === null) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    // One template, so that what has just been brought back stays shown when the list is no longer empty.
    return html`${chargers.length === 0 ? noChargers() : list(chargers)}
    ${hub.may("admin") ? html`<kw-removed-chargers></kw-removed-chargers>` : nothing}`;
  }
}

function list(chargers: Charger[]): TemplateResult {
  return html`<div class="head">
      <h1 tabindex="-1">${t("app.chargers")}</h1>
      ${hub.may("admin") ? html`<a class="button" href="#/add">${icon("plus")}${t("now.add")}</a>` : nothing}
    </div>
    <ul class="card list">
      ${chargers.map((each) => html`<li>${line(each)}</li>`)}
    </ul>`;
}

function line(charger: Charger): TemplateResult {
  return html`<a class="line" href="#/chargers/${charger.id}">
    <span>
      <span class="line-title">${charger.name}</span><br />
      <span class="small soft">${doing(charger).headline}</span>
    </span>
    ${charger.simulated ? html`<span class="tag">${t("app.simulated")}</span>` : nothing} ${icon("next")}
  </a>`;
}

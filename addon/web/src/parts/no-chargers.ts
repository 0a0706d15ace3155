/** What a hub shows before it knows a charger. */

import { html, nothing, type TemplateResult } from "lit";
import { hub } from "../hub/hub";
import { t } from "../text";
import { icon } from "./icons";

export function noChargers(): TemplateResult {
  return html`<div class="empty">
    <img src="./icon.svg" alt="" />
    <h1 tabindex="-1">${t("now.none")}</h1>
    <p class="soft">${t("now.none_lead")}</p>
    ${hub.may("admin") ? html`<a class="button" href="#/add">${icon("plus")}${t("now.add")}</a>` : nothing}
  </div>`;
}

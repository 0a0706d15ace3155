/** All sites and meters: what a house takes, what of it its chargers take, and the rest. */

import { html, nothing, svg, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { call } from "../hub/client";
import { hub } from "../hub/hub";
import type { Meter, Site } from "../hub/types";
import { Attempt } from "../parts/attempt";
import { check } from "../parts/check";
import { HubElement } from "../parts/element";
import { refusedForm } from "../parts/field";
import { icon } from "../parts/icons";
import { t } from "../text";
import { number, watts } from "../text/format";
import { asked, meterName, powerOf, shown } from "../text/measured";

@customElement("kw-meters")
export class Meters extends HubElement {
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    const { meters, sites } = hub;
    if (meters === null) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    if (meters.length === 0 && sites.length === 0) return none();
    return html`<div class="head">
        <h1 tabindex="-1">${t("app.meters")}</h1>
        ${adding()}
      </div>
      <div class="stack">
        ${sites.length === 0 ? nothing : html`<div class="columns">${sites.map((each) => this.site(each))}</div>`}
        ${
          meters.length === 0
            ? nothing
            : html`<ul class="card list">
                ${meters.map((each) => html`<li>${line(each)}</li>`)}
              </ul>`
        }
      </div>`;
  }

  private site(site: Site): TemplateResult {
    const unknown = site.unknown.map((each) => hub.charger(each)?.name ?? each).join(", ");
    return html`<section class="card stack" aria-labelledby="site-${site.id}">
      <h2 id="site-${site.id}">${site.name}</h2>
      ${site.meters.length === 0 ? html`<p class="soft">${t("site.no_meter")}</p>` : figures(site)}
      ${unknown === "" ? nothing : html`<p class="small soft">${t("site.unknown", { names: unknown })}</p>`}
      ${hub.may("admin") && hub.chargers?.length ? this.standing(site) : nothing}
    </section>`;
  }

  private standing(site: Site): TemplateResult {
    return html`<details class="fold">
      <summary>${t("site.stand_here")}</summary>
      <div>
        ${refusedForm(this.attempt.refused(`site-${site.id}`), [])}
        ${hub.chargers?.map((charger) =>
          check({
            name: charger.id,
            label: charger.name,
            checked: site.chargers.includes(charger.id),
            change: (here) =>
              void this.attempt.at(`site-${site.id}`, () =>
                call(here ? "PUT" : "DELETE", `sites/${site.id}/chargers/${charger.id}`),
              ),
          }),
        )}
      </div>
    </details>`;
  }
}

function figures({ power_w, chargers_w, rest_w }: Site): TemplateResult {
  const facts: [string, string, number | null][] = [
    ["none", t("site.power"), power_w],
    ["part", t("site.chargers"), chargers_w],
    ["", t("site.rest"), rest_w],
  ];
  return html`${power_w !== null && power_w > 0 && chargers_w !== null ? bar(chargers_w / power_w) : nothing}
    <dl class="facts">
      ${facts.map(
        ([key, name, power]) =>
          html`<div>
            <dt class="key ${key}">${name}</dt>
            <dd>${watts(power)}</dd>
          </div>`,
      )}
    </dl>`;
}

function bar(share: number): TemplateResult {
  const percent = Math.min(100, Math.max(0, share * 100));
  return html`<svg
    class="share"
    viewBox="0 0 100 1"
    preserveAspectRatio="none"
    role="img"
    aria-label=${t("site.bar", { share: `${number(percent)} %` })}
  >
    ${svg`<rect class="all" width="100" height="1" /><rect class="part" width=${percent} height="1" />`}
  </svg>`;
}

function line(meter: Meter): TemplateResult {
  const power = powerOf(meter);
  const state = asked(meter);
  return html`<a class="line" href="#/meters/${meter.id}">
    <span>
      <span class="line-title">${meterName(meter)}</span><br />
      <span class="small soft">${state.headline}</span>
    </span>
    ${meter.site_meter ? html`<span class="tag">${t("meters.site_meter")}</span>` : nothing}
    ${power && meter.online ? html`<span class="line-figures">${shown(power)}</span>` : nothing}
    ${icon("next")}
  </a>`;
}

function none(): TemplateResult {
  return html`<div class="empty">
    <img src="./icon.svg" alt="" />
    <h1 tabindex="-1">${t("meters.none")}</h1>
    <p class="soft">${t("meters.none_lead")}</p>
    ${adding()}
  </div>`;
}

function adding(): TemplateResult | typeof nothing {
  if (!hub.may("admin")) return nothing;
  return html`<a class="button" href="#/meters/add">${icon("plus")}${t("meters.add")}</a>`;
}

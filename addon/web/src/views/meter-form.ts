/** A meter's settings: where it is, what it is, and how it is asked; also of one that is to be added. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { call } from "../hub/client";
import { hub } from "../hub/hub";
import { type Location, manage } from "../hub/management";
import type { Meter, MeterModel } from "../hub/types";
import { Attempt, submitted, words } from "../parts/attempt";
import { check } from "../parts/check";
import { HubElement } from "../parts/element";
import { choice, field, numeric, refusedForm, saved } from "../parts/field";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { go } from "../router";
import { t } from "../text";
import { meterName } from "../text/measured";
import { placeName } from "../text/place";

const FIELDS = ["name", "host", "port", "unit", "interval_s", "raw_days"];

interface Choices {
  models: MeterModel[];
  locations: Location[];
}

@customElement("kw-meter-form")
export class MeterForm extends HubElement {
  /** Null: a new one. */
  @property({ attribute: false }) number: number | null = null;
  private readonly choices = new Loaded<Choices>(this);
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    if (!hub.may("admin")) return html`<p class="note warn">${t("error.forbidden")}</p>`;
    const meter = this.number === null ? undefined : hub.meter(this.number);
    if (this.number !== null && hub.meters === null)
      return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    if (this.number !== null && meter === undefined) return html`<p>${t("meters.gone")}</p>`;
    void this.choices.load("all", async () => ({
      models: await call<MeterModel[]>("GET", "meter-models"),
      locations: await manage<Location[]>("GET", "admin/locations"),
    }));
    const back = meter
      ? html`<a class="crumb" href="#/meters/${meter.id}">${icon("back")}${meterName(meter)}</a>`
      : html`<a class="crumb" href="#/meters">${icon("back")}${t("app.meters")}</a>`;
    const title = meter ? t("meters.settings_of", { name: meterName(meter) }) : t("meters.add");
    return html`${back}
      <div class="head"><h1 tabindex="-1">${title}</h1></div>
      <div class="narrow stack">
        ${this.choices.show((choices) => this.form(meter, choices))} ${meter ? this.removal(meter) : nothing}
      </div>`;
  }

  private form(meter: Meter | undefined, { models, locations }: Choices): TemplateResult {
    const error = this.attempt.refused("meter");
    return html`<form class="card form" @submit=${this.save}>
      ${field(
        {
          name: "name",
          label: t("meters.name"),
          type: "text",
          value: meter?.name,
          hint: t("meters.name_hint"),
          required: false,
        },
        error,
      )}
      ${field(
        {
          name: "host",
          label: t("meters.host"),
          type: "text",
          value: meter?.host,
          hint: t("meters.host_hint"),
        },
        error,
      )}
      <div class="pair">
        ${field(
          {
            name: "port",
            label: t("meters.port"),
            value: meter?.port ?? 502,
            least: 1,
            most: 65_535,
            step: 1,
          },
          error,
        )}
        ${field(
          {
            name: "unit",
            label: t("meters.unit"),
            value: meter?.unit ?? 1,
            hint: t("meters.unit_hint"),
            least: 0,
            most: 255,
            step: 1,
          },
          error,
        )}
      </div>
      ${choice(
        "model",
        t("meters.model"),
        meter?.model ?? "sdm630",
        models.map((each) => [each.name, each.title ?? each.name]),
      )}
      ${
        locations.length === 0
          ? nothing
          : choice(
              "site",
              t("meters.site"),
              String(meter?.site ?? locations[0]?.id),
              locations.map((each) => [String(each.id), placeName(each)]),
            )
      }
      ${check({
        name: "site_meter",
        label: t("meters.site_meter"),
        hint: t("meters.site_meter_hint"),
        checked: meter?.site_meter ?? false,
      })}
      <div class="pair">
        ${field(
          {
            name: "interval_s",
            label: t("meters.interval"),
            value: meter?.interval_s ?? 10,
            unit: "s",
            least: 1,
            most: 3600,
          },
          error,
        )}
        ${field(
          {
            name: "raw_days",
            label: t("meters.keep"),
            value: meter ? meter.raw_days : 30,
            unit: t("meters.days"),
            hint: t("meters.keep_hint"),
            least: 1,
            most: 36_500,
            step: 1,
            required: false,
          },
          error,
        )}
      </div>
      ${refusedForm(error, FIELDS)}
      <div class="row">
        <button class="button">${meter ? t("app.save") : t("meters.add")}</button>
        ${saved(this.attempt.done("meter"))}
      </div>
    </form>`;
  }

  private removal(meter: Meter): TemplateResult {
    return html`<details class="card fold">
      <summary>${t("meters.remove")}</summary>
      <div>
        <p class="soft">${t("meters.remove_lead")}</p>
        ${refusedForm(this.attempt.refused("remove"), [])}
        <div class="row">
          <button class="button danger" @click=${() => this.removeMeter(meter.id)}>
            ${t("meters.remove")}
          </button>
        </div>
      </div>
    </details>`;
  }

  private save(event: SubmitEvent): void {
    const form = submitted(event);
    const site = numeric(form, "site");
    const body = {
      name: words(form, "name") || null,
      host: words(form, "host"),
      port: numeric(form, "port"),
      unit: numeric(form, "unit"),
      model: form.get("model"),
      interval_s: numeric(form, "interval_s"),
      raw_days: numeric(form, "raw_days"),
      site_meter: form.has("site_meter"),
      ...(site === null ? {} : { site }),
    };
    void this.attempt.at("meter", async () => {
      if (this.number === null) {
        const added = await call<Meter>("POST", "meters", body);
        hub.replaceMeter(added);
        go(`meters/${added.id}`);
      } else hub.replaceMeter(await call<Meter>("PATCH", `meters/${this.number}`, body));
    });
  }

  private removeMeter(id: number): void {
    if (!confirm(t("meters.remove_sure"))) return;
    void this.attempt.at("remove", async () => {
      await call("DELETE", `meters/${id}`);
      go("meters");
      hub.dropMeter(id);
    });
  }
}

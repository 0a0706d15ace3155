/** One charger's settings: its name, when it counts as full, its limits, its board. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, HubError } from "../hub/client";
import { hub } from "../hub/hub";
import type { Charger, Learned } from "../hub/types";
import type { Drawing, Line } from "../parts/chart";
import "../parts/chart";
import { HubElement } from "../parts/element";
import { field, numeric, refusedForm, saved, tick } from "../parts/field";
import { icon } from "../parts/icons";
import "./charger-board";
import { t } from "../text";
import { number, watts } from "../text/format";

const FULL = ["cutoff_w", "hold_s", "balance_min"];
const LIMITS = ["max_hours", "max_wh", "max_a"];

@customElement("kw-charger-settings")
export class ChargerSettings extends HubElement {
  @property({ attribute: false }) charger = "";
  @state() private learned: Learned | null = null;
  @state() private cutoff: number | null = null;
  /** Which form was refused, and why; which was saved. */
  @state() private error: { form: string; error: HubError } | null = null;
  @state() private done = "";

  override connectedCallback(): void {
    super.connectedCallback();
    void call<Learned>("GET", `chargers/${this.charger}/learned`)
      .then((learned) => (this.learned = learned))
      .catch(() => undefined); // the curve is missing then, and nothing else
  }

  override render(): TemplateResult {
    const charger = hub.charger(this.charger);
    if (hub.chargers === null) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    if (charger === undefined) return html`<p>${t("charger.gone")}</p>`;
    return html`<a class="crumb" href="#/chargers">${icon("back")}${t("app.chargers")}</a>
      <div class="head"><h1 tabindex="-1">${charger.name}</h1></div>
      ${
        charger.settings.pending && charger.last_seen !== null
          ? html`<p class="note" role="status">${t("charger.pending")}</p>
              <br />`
          : nothing
      }
      <div class="columns">
        <div class="stack">${this.full(charger)}</div>
        <div class="stack">
          ${this.limits(charger)} ${this.named(charger)}
          <kw-charger-board .charger=${charger}></kw-charger-board>
        </div>
      </div>`;
  }

  private full(charger: Charger): TemplateResult {
    const { settings } = charger;
    const error = this.refused("full");
    return html`<form class="card form" @submit=${this.saveFull}>
      <h2>${t("charger.full")}</h2>
      ${this.curve(charger)}
      <fieldset class="stack tight">
        <legend class="hidden">${t("charger.rule")}</legend>
        ${(["robust", "threshold"] as const).map(
          (rule) =>
            html`<label class="option">
              <input type="radio" name="rule" value=${rule} ?checked=${settings.rule === rule} />
              <span class="line-title">${t(`charger.rule_${rule}`)}</span>
              <span class="hint">${t(`charger.rule_${rule}_hint`)}</span>
            </label>`,
        )}
      </fieldset>
      <div class="pair">
        ${field(
          {
            name: "cutoff_w",
            label: t("charger.cutoff"),
            value: this.cutoff ?? settings.cutoff_w,
            unit: "W",
            least: 0.5,
            most: 1000,
            change: (value) => (this.cutoff = Number(value) || null),
          },
          error,
        )}
        ${field(
          {
            name: "hold_s",
            label: t("charger.hold"),
            value: settings.hold_s,
            unit: "s",
            least: 10,
            most: 3600,
            step: 1,
          },
          error,
        )}
        ${field(
          {
            name: "balance_min",
            label: t("charger.balance"),
            value: settings.balance_min,
            unit: "min",
            hint: t("charger.balance_hint"),
            least: 0,
            most: 240,
            step: 1,
          },
          error,
        )}
      </div>
      ${tick("probe", t("plan.probe"), charger.mode.probe)} ${this.end("full", FULL)}
    </form>`;
  }

  /** What its charges look like, and where the threshold lies in them. */
  private curve(charger: Charger): TemplateResult {
    const drawing = learnedCurve(this.learned, this.cutoff ?? charger.settings.cutoff_w);
    if (drawing === null) return html`<p class="small soft">${t("charger.no_curve")}</p>`;
    return html`<figure>
      <kw-chart class="tall" .drawing=${drawing} label=${t("charger.curve")}></kw-chart>
      <figcaption class="small soft">${t("charger.curve")}</figcaption>
    </figure>`;
  }

  private limits({ settings, mode }: Charger): TemplateResult {
    const error = this.refused("limits");
    return html`<form class="card form" @submit=${this.saveLimits}>
      <h2>${t("charger.limits")}</h2>
      <p class="soft">${t("charger.limits_lead")}</p>
      <div class="pair">
        ${field(
          {
            name: "max_hours",
            label: t("charger.max_hours"),
            value: settings.max_hours,
            unit: "h",
            least: 0.1,
            most: 48,
          },
          error,
        )}
        ${field(
          {
            name: "max_wh",
            label: t("charger.max_wh"),
            value: settings.max_wh,
            unit: "Wh",
            least: 10,
            most: 20_000,
            step: 1,
          },
          error,
        )}
        ${field(
          {
            name: "max_a",
            label: t("charger.max_a"),
            value: settings.max_a,
            unit: "A",
            least: 0.1,
            most: 10,
          },
          error,
        )}
      </div>
      ${tick("learned_caps", t("charger.learned_caps"), mode.learned_caps, t("charger.learned_caps_hint"))}
      ${this.end("limits", LIMITS)}
    </form>`;
  }

  private named(charger: Charger): TemplateResult {
    return html`<form class="card form" @submit=${this.rename}>
      <h2>${t("charger.name")}</h2>
      ${field({ name: "name", label: t("add.name"), type: "text", value: charger.name }, this.refused("name"))}
      ${this.end("name", ["name"])}
    </form>`;
  }

  private end(form: string, fields: string[]): TemplateResult {
    return html`${refusedForm(this.refused(form), fields)}
    ${
      hub.may("control")
        ? html`<div class="row">
            <button class="button">${t("app.save")}</button>
            ${saved(this.done === form)}
          </div>`
        : html`<p class="small soft">${t("error.forbidden")}</p>`
    }`;
  }

  private refused(form: string): HubError | null {
    return this.error?.form === form ? this.error.error : null;
  }

  private saveFull(event: SubmitEvent): void {
    const form = submitted(event);
    void this.change("full", {
      settings: { rule: form.get("rule"), ...numbers(form, FULL) },
      ...this.ticked(form, "probe"),
    });
  }

  private saveLimits(event: SubmitEvent): void {
    const form = submitted(event);
    void this.change("limits", {
      settings: numbers(form, LIMITS),
      ...this.ticked(form, "learned_caps"),
    });
  }

  /** Nothing where nothing was changed: a mode that is set anew lets a charger go on that a person has stopped. */
  private ticked(form: FormData, name: "probe" | "learned_caps"): object {
    const is = form.has(name);
    return is === hub.charger(this.charger)?.mode[name] ? {} : { mode: { [name]: is } };
  }

  private rename(event: SubmitEvent): void {
    void this.change("name", { name: submitted(event).get("name") });
  }

  private change(form: string, body: object): Promise<void> {
    return this.attempt(form, async () => {
      hub.replace(await call<Charger>("PATCH", `chargers/${this.charger}`, body));
      this.cutoff = null;
    });
  }

  private async attempt(form: string, work: () => Promise<void>): Promise<void> {
    this.error = null;
    this.done = "";
    try {
      await work();
      this.done = form;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = { form, error };
    }
  }
}

function submitted(event: SubmitEvent): FormData {
  event.preventDefault();
  return new FormData(event.target as HTMLFormElement);
}

function numbers(form: FormData, names: string[]): Record<string, number | null> {
  return Object.fromEntries(names.map((each) => [each, numeric(form, each)]));
}

/** Its last charges over each other, from their begin, the newest strongest; and the threshold. */
export function learnedCurve(learned: Learned | null, cutoff: number): Drawing | null {
  const charges = learned?.charges ?? [];
  const longest = Math.max(0, ...charges.map((each) => each.duration_s));
  if (longest === 0) return null;
  const steps = 160;
  const times = Array.from({ length: steps + 1 }, (_, index) => (longest * index) / steps / 3600);
  const lines: Line[] = charges.map((each, index) => {
    const newest = index === charges.length - 1;
    return {
      color: newest ? "accent" : "line-strong",
      width: newest ? 2.5 : 1,
      fill: newest,
      label: "",
      values: times.map((at) => levelAt(each.power_w, (at * 3600) / each.duration_s)),
    };
  });
  return {
    times,
    lines,
    unit: "W",
    detailed: true,
    numeric: (hours) => `${number(hours, hours % 1 === 0 ? 0 : 1)} h`,
    levels: [{ at: cutoff, color: "bad", label: `${watts(cutoff)}` }],
  };
}

function levelAt(power: number[], share: number): number | null {
  if (share > 1) return null;
  const place = share * (power.length - 1);
  const before = power[Math.floor(place)] ?? 0;
  const after = power[Math.ceil(place)] ?? before;
  return before + (after - before) * (place % 1);
}

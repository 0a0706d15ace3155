/** One charger's mode: who decides when it has power, what that comes to, and what it would cost otherwise. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, HubError } from "../hub/client";
import { hub } from "../hub/hub";
import type { Charger, ModeName, Plan } from "../hub/types";
import { HubElement } from "../parts/element";
import { choice, field, numeric, refusedForm, saved } from "../parts/field";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { t } from "../text";
import { clock, energy, moment, money } from "../text/format";

const MODES: ModeName[] = ["manual", "until_full", "to_target", "cheapest_hours", "ready_by"];
const TARGETS = ["target_wh", "target_percent"];
const FIELDS = [...TARGETS, "hours", "ready_by"];

type Preview = Plan & { ready?: string | null };

@customElement("kw-plan-card")
export class PlanCard extends HubElement {
  @property({ attribute: false }) charger!: Charger;
  /** Changes with the prices. */
  @property({ attribute: false }) priced = 0;
  @state() private chosen: ModeName | null = null;
  @state() private error: HubError | null = null;
  @state() private done = "";
  @state() private opened = false;
  private readonly plan = new Loaded<Preview>(this);

  override connectedCallback(): void {
    super.connectedCallback();
    // What plans by itself is worth a look; and one charger alone needs no list.
    this.opened = this.charger.mode.name !== "manual" || hub.chargers?.length === 1;
  }

  override render(): TemplateResult {
    const { charger } = this;
    return html`<details class="fold card-line" ?open=${this.opened} @toggle=${this.toggle}>
      <summary>
        <h3>${charger.name}</h3>
        <span class="soft small">${t(`plan.mode_${charger.mode.name}`)}</span>
      </summary>
      ${this.opened ? this.form() : nothing}
    </details>`;
  }

  private form(): TemplateResult {
    const { charger } = this;
    const mode = this.chosen ?? charger.mode.name;
    const has = (...modes: ModeName[]) => modes.includes(mode);
    return html`<form class="form" @submit=${this.save}>
      ${choice(
        "mode",
        t("plan.mode"),
        mode,
        MODES.map((each) => [each, t(`plan.mode_${each}`)]),
        (chosen) => {
          this.chosen = chosen as ModeName;
          this.done = "";
        },
        charger.id,
      )}
      <p class="small soft">${t(`plan.hint_${mode}`)}</p>
      <div class="pair">
        ${
          has("cheapest_hours", "ready_by")
            ? field(
                {
                  form: this.charger.id,
                  name: "ready_by",
                  label: t("plan.ready_by"),
                  type: "time",
                  value: charger.mode.ready_by ?? "07:00",
                },
                this.error,
              )
            : nothing
        }
        ${
          has("cheapest_hours")
            ? field(
                {
                  form: this.charger.id,
                  name: "hours",
                  label: t("plan.hours"),
                  value: charger.mode.hours,
                  unit: "h",
                  hint: t("plan.hours_hint"),
                  least: 0.25,
                  most: 24,
                  required: false,
                },
                this.error,
              )
            : nothing
        }
        ${has("to_target", "ready_by") ? this.targets() : nothing}
        ${
          has("ready_by")
            ? choice("prefer", t("plan.prefer"), charger.mode.prefer, [
                ["cheap", t("plan.prefer_cheap")],
                ["late", t("plan.prefer_late")],
              ])
            : nothing
        }
      </div>
      ${mode === charger.mode.name && has("cheapest_hours", "ready_by") ? this.preview() : nothing}
      ${refusedForm(this.error, FIELDS)}
      ${
        hub.may("control")
          ? html`<div class="row">
              <button class="button">${t("app.save")}</button>
              <button class="button quiet" type="button" @click=${this.chargeOnce}>
                ${icon("bolt")}${t("plan.once")}
              </button>
              ${saved(this.done === "save")}
              ${
                this.done === "once"
                  ? html`<span class="small soft" role="status">${t("plan.once_done")}</span>`
                  : nothing
              }
            </div>`
          : html`<p class="small soft">${t("error.forbidden")}</p>`
      }
    </form>`;
  }

  private toggle(event: Event): void {
    this.opened = (event.target as HTMLDetailsElement).open;
  }

  private targets(): TemplateResult {
    const { mode } = this.charger;
    return html`${field(
      {
        form: this.charger.id,
        name: "target_wh",
        label: t("plan.target_wh"),
        value: mode.target_wh,
        unit: "Wh",
        hint: t("plan.target_hint"),
        least: 1,
        most: 20_000,
        required: false,
      },
      this.error,
    )}
    ${field(
      {
        form: this.charger.id,
        name: "target_percent",
        label: t("plan.target_percent"),
        value: mode.target_percent,
        unit: "%",
        hint: t("plan.target_hint"),
        least: 1,
        most: 100,
        required: false,
      },
      this.error,
    )}`;
  }

  /** What its mode comes to: the plan that it follows, or would follow. */
  private preview(): TemplateResult {
    const { id, mode, progress } = this.charger;
    const key = `${this.priced} ${JSON.stringify(mode)} ${JSON.stringify(progress.plan)}`;
    void this.plan.load(
      key,
      async () => progress.plan ?? (await call<Preview>("POST", `chargers/${id}/plan`, {})),
    );
    return html`<div class="note">
      ${icon("bolt")}
      <div>${this.plan.show((plan) => this.sentences(plan))}</div>
    </div>`;
  }

  private sentences(plan: Preview): TemplateResult {
    const ready = plan.ready ?? this.charger.progress.ready;
    const runs = plan.runs.map((each) => `${moment(each.start)} – ${clock(each.end)}`).join(", ");
    const cost = plan.cost === null ? "" : money(plan.cost, plan.currency);
    const atOnce = plan.cost_at_once === null ? cost : money(plan.cost_at_once, plan.currency);
    return html`<p class="line-title">${t("plan.runs", { runs, energy: energy(plan.energy_wh) })}</p>
      ${
        cost === ""
          ? nothing
          : html`<p>${cost === atOnce ? cost : t("plan.saves", { cost, at_once: atOnce })}</p>`
      }
      ${ready ? html`<p>${t(plan.in_time ? "plan.ready" : "plan.late", { time: moment(ready) })}</p>` : nothing}
      ${plan.learned ? nothing : html`<p class="small soft">${t("plan.guess")}</p>`}`;
  }

  private async save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const name = form.get("mode") as ModeName;
    const target = form.has("target_wh");
    const mode = {
      name,
      ...(form.has("ready_by") ? { ready_by: form.get("ready_by"), zone: zone() } : {}),
      ...(form.has("hours") ? { hours: numeric(form, "hours") } : {}),
      ...(target
        ? { target_wh: numeric(form, "target_wh"), target_percent: numeric(form, "target_percent") }
        : {}),
      ...(form.has("prefer") ? { prefer: form.get("prefer") } : {}),
    };
    await this.attempt("save", async () => {
      hub.replace(await call<Charger>("PATCH", `chargers/${this.charger.id}`, { mode }));
      this.chosen = null;
    });
  }

  private async chargeOnce(): Promise<void> {
    await this.attempt("once", async () => {
      hub.replace(await call<Charger>("POST", `chargers/${this.charger.id}/charge`));
    });
  }

  private async attempt(what: string, work: () => Promise<void>): Promise<void> {
    this.error = null;
    this.done = "";
    try {
      await work();
      this.done = what;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
  }
}

function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}

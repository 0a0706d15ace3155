/** What is broken in a simulated world, and what may break. */

import { html, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";
import type { HubError } from "../hub/client";
import type { Fault, FaultParameter, Wish } from "../hub/simulator";
import { submitted, words } from "../parts/attempt";
import { Element } from "../parts/element";
import { choice, field, numeric, refusedForm } from "../parts/field";
import { locale, t } from "../text";
import { number } from "../text/format";
import { chosen, parameter, title } from "../text/world";
import { happening } from "../parts/happening";

@customElement("kw-simulated-faults")
export class SimulatedFaults extends Element {
  @property({ attribute: false }) faults: Fault[] = [];
  /** Names of those that go on. */
  @property({ attribute: false }) broken: string[] = [];
  /** Why the last one did not strike. */
  @property({ attribute: false }) error: HubError | null = null;
  @property({ attribute: false }) wish: (wish: Wish) => void = () => undefined;
  @state() private name = "";

  override render(): TemplateResult {
    const called = (fault: Fault) => title("faults", fault.name);
    const faults = [...this.faults].sort((one, other) => called(one).localeCompare(called(other), locale()));
    const fault = faults.find((each) => each.name === this.name) ?? faults[0];
    return html`<section class="card stack">
      <h2>${t("sim.faults")}</h2>
      <div role="status">
        ${
          this.broken.length === 0
            ? html`<p class="soft">${t("sim.nothing_broken")}</p>`
            : html`<ul class="list">
                ${this.broken.map((each) => html`<li class="line">${this.goingOn(each)}</li>`)}
              </ul>`
        }
      </div>
      ${fault === undefined ? "" : this.form(faults, fault)}
    </section>`;
  }

  private goingOn(name: string): TemplateResult {
    return html`<span class="sentence">${title("faults", name)}</span>
      <button
        class="button quiet"
        aria-label="${t("sim.mend")}: ${title("faults", name)}"
        @click=${() => this.wish({ do: "mend", fault: name })}
      >
        ${t("sim.mend")}
      </button>`;
  }

  private form(faults: Fault[], fault: Fault): TemplateResult {
    return html`<form class="form" @submit=${(event: SubmitEvent) => this.strike(event, fault)}>
      ${choice(
        "fault",
        t("sim.fault"),
        fault.name,
        faults.map(({ name }) => [name, title("faults", name)]),
        (value) => (this.name = value),
        "fault",
      )}
      ${happening("faults", fault)}
      ${keyed(
        fault.name,
        fault.parameters.map((each) => adjustable(each)),
      )}
      ${field({ name: "minutes", form: "fault", label: t("sim.lasts"), unit: "min", required: false, least: 0.1, hint: t("sim.lasts_hint") })}
      ${refusedForm(this.error, [])}
      <div class="row"><button class="button danger">${t("sim.strike")}</button></div>
    </form>`;
  }

  private strike(event: SubmitEvent, fault: Fault): void {
    const form = submitted(event);
    const minutes = numeric(form, "minutes");
    const given = fault.parameters
      .map(({ name, choices }) => [name, choices ? words(form, name) : numeric(form, name)] as const)
      .filter(([, value]) => value !== null);
    this.wish({
      do: "fault",
      fault: fault.name,
      lasts_s: minutes === null ? null : minutes * 60,
      parameters: Object.fromEntries(given),
    });
  }
}

function adjustable({ name, usual, choices, least, most, whole }: FaultParameter): TemplateResult {
  const label = parameter(name);
  if (choices !== undefined)
    return choice(
      name,
      label,
      String(usual),
      choices.map((each) => [each, chosen(each)]),
      undefined,
      "fault",
    );
  return field({
    name,
    form: "fault",
    label,
    value: typeof usual === "number" ? usual : null,
    least,
    most,
    step: whole ? 1 : "any",
    hint: `${plain(least)} – ${plain(most)}`,
    required: false,
  });
}

/** A bound, with as many digits as it needs. */
function plain(bound: number | undefined): string {
  return bound === undefined ? "" : number(bound, Number.isInteger(bound) ? 0 : 3);
}

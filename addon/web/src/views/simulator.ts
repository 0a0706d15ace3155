/** The simulated world beside the hub: how it stands, and what shall happen in it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { HubError } from "../hub/client";
import { hub } from "../hub/hub";
import { type Catalog, type Fault, type Simulation, simulator, type Wish } from "../hub/simulator";
import "../parts/at-dialogue";
import { Attempt, submitted, words } from "../parts/attempt";
import { HubElement } from "../parts/element";
import { type Fact, facts } from "../parts/facts";
import { choice, field, numeric, refusedForm } from "../parts/field";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { Poll } from "../parts/poll";
import { t } from "../text";
import { complaint } from "../text/doing";
import { moment, number, watts } from "../text/format";

const HOLD_S = 5.5; // a little more than the board asks for

@customElement("kw-simulator")
export class SimulatorView extends HubElement {
  @state() private world: Simulation | null = null;
  @state() private silent: HubError | null = null;
  @state() private fault = "";
  @state() private scenario = "";
  private readonly catalog = new Loaded<Catalog>(this);
  private readonly attempt = new Attempt(this);

  constructor() {
    super();
    new Poll(this, () => this.ask());
  }

  override render(): TemplateResult {
    void this.catalog.load("all", () => simulator.catalog());
    const name = hub.charger(this.world?.charger ?? "")?.name ?? this.world?.charger ?? "";
    return html`<div class="head"><h1 tabindex="-1">${t("sim.title")}</h1></div>
      ${
        this.silent !== null
          ? html`<div class="note warn" role="alert">
              ${icon("warn")}
              <div>${complaint(this.silent)}</div>
            </div>`
          : this.world === null
            ? html`<p class="soft" role="status">${t("app.loading")}</p>`
            : html`<p class="soft">${t("sim.lead", { name })}</p>
                <br />
                <div class="columns">
                  <div class="stack">${this.stands(this.world)} ${this.speed(this.world)}</div>
                  <div class="stack">
                    ${this.catalog.show(
                      (catalog) => html`${this.scenarios(catalog)} ${this.faults(catalog, this.world)}`,
                    )}
                  </div>
                </div>
                <br />
                <kw-at-dialogue></kw-at-dialogue>`
      }`;
  }

  private stands(world: Simulation): TemplateResult {
    const battery = world.plugged_in
      ? t("sim.plugged", { charge: number(world.charge * 100, 0) })
      : t("sim.away");
    const shown: Fact[] = [
      [t("sim.clock"), moment(world.clock)],
      [t("sim.battery"), battery],
      [t("now.power"), watts(world.power_w)],
      [t("sim.relay"), t(world.relay_on ? "relay.on" : "relay.off")],
      [t("sim.messages"), t("sim.delivered", { messages: world.messages, failed: world.failed })],
    ];
    return html`<section class="card stack">
      <h2>${t("sim.stands")}</h2>
      ${facts(shown, "spread")}
      <form class="row end" @submit=${this.plug}>
        ${
          world.plugged_in
            ? nothing
            : field({
                name: "charge",
                form: "plug",
                label: t("sim.charge"),
                unit: "%",
                value: 30,
                least: 0,
                most: 100,
              })
        }
        <button class="button">${t(world.plugged_in ? "sim.unplug" : "sim.plug_in")}</button>
      </form>
      <div class="row">
        <button class="button quiet" @click=${() => this.wish("press", { do: "press_button" })}>
          ${t("sim.press")}
        </button>
        <button
          class="button quiet"
          @click=${() => this.wish("press", { do: "press_button", lasts_s: HOLD_S })}
        >
          ${t("sim.hold")}
        </button>
      </div>
      ${refusedForm(this.attempt.refused("plug") ?? this.attempt.refused("press"), [])}
    </section>`;
  }

  private speed(world: Simulation): TemplateResult {
    const error = this.attempt.refused("speed");
    return html`<form class="card form" @submit=${this.setSpeed}>
      <h2>${t("sim.speed")}</h2>
      ${field(
        {
          name: "speed",
          form: "speed",
          label: t("sim.speed_times"),
          unit: "×",
          value: world.speed,
          least: 0.01,
          most: world.behind ? 3600 : 1,
          hint: t(world.behind ? "sim.speed_hint" : "sim.caught_up"),
        },
        error,
      )}
      ${refusedForm(error, ["speed"])}
      <div class="row"><button class="button">${t("sim.set")}</button></div>
    </form>`;
  }

  private scenarios({ scenarios }: Catalog): TemplateResult {
    const chosen = this.scenario || (this.world?.scenario ?? "");
    const about = scenarios.find((each) => each.name === chosen)?.about ?? "";
    return html`<form class="card form" @submit=${this.play}>
      <h2>${t("sim.scenario")}</h2>
      ${choice(
        "scenario",
        t("sim.scenario_of"),
        chosen,
        scenarios.map(({ name }) => [name, spaced(name)]),
        (value) => (this.scenario = value),
        "scenario",
      )}
      <p class="small soft sentence" lang="en">${about}</p>
      ${refusedForm(this.attempt.refused("scenario"), [])}
      <div class="row">
        <button class="button">${t("sim.play")}</button>
        <span class="small soft" role="status">
          ${t("sim.playing", { scenario: spaced(this.world?.scenario ?? "") })}
        </span>
      </div>
    </form>`;
  }

  private faults({ faults }: Catalog, world: Simulation | null): TemplateResult {
    const chosen = faults.find((each) => each.name === this.fault) ?? faults[0];
    const error = this.attempt.refused("fault");
    return html`<section class="card stack">
      <h2>${t("sim.faults")}</h2>
      <div role="status">
        ${
          world?.faults.length
            ? html`<ul class="list">
                ${world.faults.map(
                  (each) =>
                    html`<li class="line">
                      <span>${spaced(each)}</span>
                      <button
                        class="button quiet"
                        aria-label="${t("sim.mend")}: ${spaced(each)}"
                        @click=${() => this.wish("mend", { do: "mend", fault: each })}
                      >
                        ${t("sim.mend")}
                      </button>
                    </li>`,
                )}
              </ul>`
            : html`<p class="soft">${t("sim.nothing_broken")}</p>`
        }
      </div>
      <form class="form" @submit=${(event: SubmitEvent) => this.strike(event, chosen)}>
        ${choice(
          "fault",
          t("sim.fault"),
          chosen?.name ?? "",
          faults.map(({ name }) => [name, spaced(name)]),
          (value) => (this.fault = value),
          "fault",
        )}
        <p class="small soft sentence" lang="en">${chosen?.about}</p>
        ${chosen?.parameters.map((each) =>
          field({
            name: each.name,
            form: `fault-${chosen.name}`,
            label: spaced(each.name),
            type: "text",
            value: String(each.usual ?? ""),
            hint: each.allowed,
            required: false,
          }),
        )}
        ${field({ name: "minutes", form: "fault", label: t("sim.lasts"), unit: "min", required: false, least: 0.1, hint: t("sim.lasts_hint") })}
        ${refusedForm(error, [])}
        <div class="row"><button class="button danger">${t("sim.strike")}</button></div>
      </form>
    </section>`;
  }

  private plug(event: SubmitEvent): void {
    const form = submitted(event);
    const charge = (numeric(form, "charge") ?? 30) / 100;
    this.wish("plug", this.world?.plugged_in ? { do: "unplug" } : { do: "plug_in", charge });
  }

  private setSpeed(event: SubmitEvent): void {
    this.wish("speed", { do: "set_speed", speed: numeric(submitted(event), "speed") ?? 1 });
  }

  private play(event: SubmitEvent): void {
    this.wish("scenario", { do: "play_scenario", scenario: words(submitted(event), "scenario") });
  }

  private strike(event: SubmitEvent, fault: Fault | undefined): void {
    const form = submitted(event);
    if (fault === undefined) return;
    const minutes = numeric(form, "minutes");
    const given = fault.parameters
      .map(({ name, usual }) => [name, words(form, name), typeof usual] as const)
      .filter(([, text]) => text !== "")
      .map(([name, text, kind]) => [name, kind === "number" ? Number(text) : text]);
    this.wish("fault", {
      do: "fault",
      fault: fault.name,
      lasts_s: minutes === null ? null : minutes * 60,
      parameters: Object.fromEntries(given),
    });
  }

  private wish(form: string, wish: Wish): void {
    void this.attempt.at(form, async () => {
      this.world = await simulator.do(wish);
    });
  }

  private async ask(): Promise<void> {
    try {
      this.world = await simulator.state();
      this.silent = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.silent = error;
    }
  }
}

/** "no_network" → "no network". */
function spaced(name: string): string {
  return name.replaceAll("_", " ");
}

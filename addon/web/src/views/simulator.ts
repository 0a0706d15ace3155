/** A simulated world beside the hub: how it stands, and what shall happen in it. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { HubError } from "../hub/client";
import { hub } from "../hub/hub";
import { type Board, type Catalog, type Simulation, simulator, type Wish } from "../hub/simulator";
import "../parts/at-dialogue";
import { Attempt, submitted, words } from "../parts/attempt";
import { HubElement } from "../parts/element";
import { type Fact, facts } from "../parts/facts";
import { choice, field, numeric, refusedForm } from "../parts/field";
import { happening } from "../parts/happening";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { Poll } from "../parts/poll";
import { t } from "../text";
import { complaint } from "../text/doing";
import { moment, number, watts } from "../text/format";
import { learn, title } from "../text/world";
import "./simulated-boards";
import "./simulated-faults";

const HOLD_S = 5.5; // a little more than the board asks for

@customElement("kw-simulator")
export class SimulatorView extends HubElement {
  /** Whose world; undefined: that of the board that the simulator was started with. */
  @property({ attribute: false }) charger: string | undefined;
  @state() private boards: Board[] = [];
  @state() private world: Simulation | null = null;
  @state() private silent: HubError | null = null;
  @state() private scenario = "";
  private readonly catalog = new Loaded<Catalog>(this);
  private readonly attempt = new Attempt(this);

  constructor() {
    super();
    new Poll(this, () => this.ask());
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has("charger")) return;
    this.world = null;
    this.scenario = "";
    void this.ask();
  }

  override render(): TemplateResult {
    return html`<div class="head"><h1 tabindex="-1">${t("sim.title")}</h1></div>
      <div class="stack">${this.silent === null ? this.worlds() : failed(this.silent)}</div>`;
  }

  private worlds(): TemplateResult {
    if (this.boards.length === 0) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    const shown = this.charger ?? this.boards[0]?.charger ?? "";
    return html`<kw-simulated-boards
        .boards=${this.boards}
        .shown=${shown}
        .changed=${(boards: Board[]) => (this.boards = boards)}
      ></kw-simulated-boards>
      ${
        this.boards.every((each) => each.charger !== shown)
          ? html`<p class="soft" role="status">${t("sim.not_played", { name: named(shown) })}</p>`
          : this.world === null
            ? html`<p class="soft" role="status">${t("app.loading")}</p>`
            : this.shown(this.world)
      }`;
  }

  private shown(world: Simulation): TemplateResult {
    void this.catalog.load("all", async () => (await Promise.all([simulator.catalog(), learn()]))[0]);
    return html`<p class="soft">${t("sim.lead", { name: named(world.charger) })}</p>
      <div class="columns">
        <div class="stack">${this.stands(world)} ${this.speed(world)}</div>
        <div class="stack">
          ${this.catalog.show(
            (catalog) =>
              html`${this.scenarios(catalog, world)}
                <kw-simulated-faults
                  .faults=${catalog.faults}
                  .broken=${world.faults}
                  .error=${this.attempt.refused("fault")}
                  .wish=${(wish: Wish) => this.wish("fault", wish)}
                ></kw-simulated-faults>`,
          )}
        </div>
      </div>
      <kw-at-dialogue .charger=${this.charger}></kw-at-dialogue>`;
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

  private scenarios({ scenarios }: Catalog, world: Simulation): TemplateResult {
    const name = this.scenario || world.scenario;
    const chosen = scenarios.find((each) => each.name === name);
    return html`<form class="card form" @submit=${this.play}>
      <h2>${t("sim.scenario")}</h2>
      ${choice(
        "scenario",
        t("sim.scenario_of"),
        name,
        scenarios.map((each) => [each.name, title("scenarios", each.name)]),
        (value) => (this.scenario = value),
        "scenario",
      )}
      ${chosen === undefined ? nothing : happening("scenarios", chosen)}
      ${refusedForm(this.attempt.refused("scenario"), [])}
      <div class="row">
        <button class="button">${t("sim.play")}</button>
        <span class="small soft" role="status">
          ${t("sim.playing", { scenario: title("scenarios", world.scenario) })}
        </span>
      </div>
    </form>`;
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

  private wish(form: string, wish: Wish): void {
    const { charger } = this;
    void this.attempt.at(form, async () => {
      const world = await simulator.do(charger, wish);
      if (charger === this.charger) this.world = world;
    });
  }

  private async ask(): Promise<void> {
    const { charger } = this;
    try {
      this.boards = await simulator.boards();
      const played = charger === undefined || this.boards.some((each) => each.charger === charger);
      const world = played ? await simulator.state(charger) : null;
      if (charger === this.charger) this.world = world;
      this.silent = null;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.silent = error;
    }
  }
}

function named(charger: string): string {
  return hub.charger(charger)?.name ?? charger;
}

function failed(error: HubError): TemplateResult {
  return html`<div class="note warn" role="alert">
    ${icon("warn")}
    <div>${error.status === 503 ? t("sim.silent") : complaint(error)}</div>
  </div>`;
}

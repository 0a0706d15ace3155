/** Which chargers the simulator plays, and which it could. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { hub } from "../hub/hub";
import { type Board, simulator } from "../hub/simulator";
import type { Charger } from "../hub/types";
import { Attempt } from "../parts/attempt";
import { HubElement } from "../parts/element";
import { refusedForm } from "../parts/field";
import { icon } from "../parts/icons";
import { t } from "../text";
import { doing } from "../text/doing";

@customElement("kw-simulated-boards")
export class SimulatedBoards extends HubElement {
  @property({ attribute: false }) boards: Board[] = [];
  /** Whose world is shown. */
  @property({ attribute: false }) shown = "";
  /** Is told what the simulator plays from now on. */
  @property({ attribute: false }) changed: (boards: Board[]) => void = () => undefined;
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    const played = new Set(this.boards.map((each) => each.charger));
    const others = (hub.chargers ?? []).filter((each) => each.simulated && !played.has(each.id));
    return html`<section class="card stack">
      <div class="row apart">
        <h2>${t("sim.boards")}</h2>
        <a class="button quiet" href="#/add">${icon("plus")}${t("now.add")}</a>
      </div>
      <ul class="list">
        ${this.boards.map((each) => html`<li class="line wrap">${this.board(each)}</li>`)}
        ${others.map((each) => html`<li class="line wrap">${this.other(each)}</li>`)}
      </ul>
      ${refusedForm(this.attempt.refused("boards"), [])}
    </section>`;
  }

  private board({ charger: id, first }: Board): TemplateResult {
    const charger = hub.charger(id);
    const name = charger?.name ?? id;
    return html`<span>
        <a href="#/simulator/${id}" class="line-title" aria-current=${id === this.shown ? "true" : nothing}>
          ${name}
        </a>
        <br />
        <span class="small soft">${charger === undefined ? t("charger.gone") : doing(charger).headline}</span>
      </span>
      ${
        first
          ? nothing
          : html`<button
              class="button quiet"
              aria-label="${t("sim.stop")}: ${name}"
              @click=${() => this.ask(() => simulator.stop(id))}
            >
              ${t("sim.stop")}
            </button>`
      }`;
  }

  private other({ id, name, online }: Charger): TemplateResult {
    return html`<span>
        <span class="line-title">${name}</span><br />
        <span class="small soft">${t(online ? "sim.played_elsewhere" : "sim.unplayed")}</span>
      </span>
      <button
        class="button quiet"
        aria-label="${t("sim.let_play")}: ${name}"
        @click=${() => this.ask(() => simulator.play(id))}
      >
        ${t("sim.let_play")}
      </button>`;
  }

  private ask(work: () => Promise<Board[]>): void {
    void this.attempt.at("boards", async () => {
      this.changed(await work());
    });
  }
}

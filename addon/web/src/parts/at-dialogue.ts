/** What board and modem say to each other, line by line as it happens. */

import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { HubError } from "../hub/client";
import { type Line, simulator } from "../hub/simulator";
import { t } from "../text";
import { Element } from "./element";
import { Poll } from "./poll";

const KEPT = 400;

@customElement("kw-at-dialogue")
export class AtDialogue extends Element {
  /** Whose; undefined: of the board that the simulator was started with. */
  @property({ attribute: false }) charger: string | undefined;
  @state() private lines: Line[] = [];
  @state() private paused = false;
  private atEnd = true;

  constructor() {
    super();
    new Poll(this, () => this.ask());
  }

  override render(): TemplateResult {
    return html`<section class="card stack">
      <div class="row apart">
        <h2>${t("sim.dialogue")}</h2>
        <button class="button quiet" aria-pressed=${this.paused} @click=${() => (this.paused = !this.paused)}>
          ${t(this.paused ? "sim.go_on" : "sim.pause")}
        </button>
      </div>
      <p class="small soft">${t("sim.dialogue_lead")}</p>
      ${
        this.lines.length === 0
          ? html`<p class="soft">${t("sim.no_dialogue")}</p>`
          : html`<pre
              class="code dialogue"
              tabindex="0"
              role="log"
              aria-live="off"
              aria-label=${t("sim.dialogue")}
            >
${this.lines.map((each) => `${each.by === "board" ? ">" : "<"} ${each.text}\n`).join("")}</pre>`
      }
    </section>`;
  }

  /** Whoever reads at the end goes on reading there. */
  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has("charger")) this.lines = [];
    const log = this.querySelector("pre");
    this.atEnd = log === null || log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  }

  protected override updated(changed: PropertyValues): void {
    const log = this.querySelector("pre");
    if (changed.has("lines" as never) && this.atEnd && log !== null) log.scrollTop = log.scrollHeight;
  }

  private async ask(): Promise<void> {
    if (this.paused) return;
    const { charger } = this;
    try {
      const newest = await simulator.dialogue(charger, this.lines.at(-1)?.number ?? 0);
      if (charger !== this.charger) return; // another one was chosen meanwhile
      if (newest.length > 0) this.lines = [...this.lines, ...newest].slice(-KEPT);
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.lines = []; // it has ended, and the next one counts from 1
    }
  }
}

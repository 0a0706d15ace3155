/** The lines for a board's settings.toml, which the hub tells only once: to copy, to download, to scan, or for the simulator to play. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { unsafeSVG } from "lit/directives/unsafe-svg.js";
import { hub } from "../hub/hub";
import { simulator } from "../hub/simulator";
import { t } from "../text";
import { Attempt } from "./attempt";
import { Element } from "./element";
import { refusedForm } from "./field";
import { icon } from "./icons";

export interface BoardLines {
  charger: { id: string; simulated: boolean };
  key: string;
  settings_toml: string;
}

@customElement("kw-board-lines")
export class BoardLinesElement extends Element {
  @property({ attribute: false }) told!: BoardLines;
  @state() private copied = "";
  @state() private code = "";
  private attempt = new Attempt(this);

  protected override willUpdate(changed: PropertyValues<this>): void {
    // Another key is to be played anew.
    if (changed.has("told")) this.attempt = new Attempt(this);
  }

  override render(): TemplateResult {
    if (!simulatable(this.told.charger)) return this.lines();
    const link = `#/simulator/${this.told.charger.id}`;
    // Once it is played, nobody needs its key.
    if (this.attempt.done("play"))
      return html`<div class="stack tight" role="status">
        <p>${t("lines.played")}</p>
        <div class="row"><a class="button quiet" href=${link}>${t("lines.look")}</a></div>
      </div>`;
    return html`<div class="stack tight">
        <p>${t("lines.play_lead")}</p>
        <div class="row"><button class="button" @click=${this.play}>${t("sim.let_play")}</button></div>
        ${refusedForm(this.attempt.refused("play"), [])}
      </div>
      <br />
      <details class="fold">
        <summary>${t("lines.self")}</summary>
        ${this.lines()}
      </details>`;
  }

  private lines(): TemplateResult {
    const lines = this.told.settings_toml;
    return html`<div class="stack tight">
      <p>${t(this.told.charger.simulated ? "lines.lead_simulated" : "lines.lead")}</p>
      <pre class="code" tabindex="0" aria-label="settings.toml">${lines}</pre>
      <p class="small soft">${t("lines.url", { url: this.url })}</p>
      <div class="row">
        ${this.copyButton(lines, "")}
        <button class="button quiet" @click=${this.save}>${icon("download")}settings.toml</button>
        <button class="button quiet" aria-expanded=${this.code !== ""} @click=${this.draw}>
          ${t("lines.qr")}
        </button>
      </div>
      <div role="status" class="hidden">${this.copied === "" ? "" : t("app.copied")}</div>
      ${
        this.code === ""
          ? nothing
          : html`<div class="qr" role="img" aria-label=${t("lines.qr")}>${unsafeSVG(this.code)}</div>`
      }
      ${
        this.told.charger.simulated
          ? html`<p class="small soft">${t("lines.simulated")}</p>
              <pre class="code" tabindex="0" aria-label=${t("lines.simulated")}>${this.command()}</pre>
              <div class="row">${this.copyButton(this.command(), "quiet")}</div>`
          : nothing
      }
      <div class="note warn">
        ${icon("warn")}
        <div>${t("lines.once")}</div>
      </div>
    </div>`;
  }

  /** Where the board reports to: the hub's device port, or its relay. */
  private get url(): string {
    return /^KICKWATT_URL = "(.*)"$/m.exec(this.told.settings_toml)?.[1] ?? "";
  }

  private command(): string {
    const { charger, key } = this.told;
    return `KICKWATT_ID=${charger.id} KICKWATT_KEY=${key} kickwatt-sim run --hub ${this.url}`;
  }

  private play(): void {
    void this.attempt.at("play", async () => {
      await simulator.play(this.told.charger.id);
    });
  }

  private copyButton(text: string, kind: "" | "quiet"): TemplateResult {
    const done = this.copied === text;
    return html`<button class="button ${kind}" @click=${() => this.copy(text)}>
      ${icon(done ? "check" : "copy")}${t(done ? "app.copied" : "app.copy")}
    </button>`;
  }

  private async copy(text: string): Promise<void> {
    const shown = [...this.querySelectorAll("pre")].find((each) => each.textContent === text);
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      copyOldWay(shown); // over plain HTTP browsers have no clipboard
    }
    this.copied = text;
  }

  private save(): void {
    download("settings.toml", this.told.settings_toml, "application/toml");
  }

  private async draw(): Promise<void> {
    if (this.code !== "") {
      this.code = "";
      return;
    }
    const { renderSVG } = await import("uqr");
    this.code = renderSVG(this.told.settings_toml, { ecc: "L", border: 1 });
  }
}

function copyOldWay(shown: HTMLElement | undefined): void {
  const selection = getSelection();
  if (selection === null || shown === undefined) return;
  selection.selectAllChildren(shown);
  document.execCommand("copy"); // deprecated, and the only way there is on a LAN
}

/** Whether a simulator that runs beside the hub can play a charger. */
export function simulatable(charger: { simulated: boolean }): boolean {
  return charger.simulated && hub.sees({ scope: "admin", simulated: true });
}

/** Give the browser a file to keep. */
export function download(name: string, content: string, type: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

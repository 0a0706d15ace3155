/** A charger's board: how it is, what it can be told from here, its key, and its end. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call } from "../hub/client";
import { hub } from "../hub/hub";
import type { Charger } from "../hub/types";
import { Attempt } from "../parts/attempt";
import type { BoardLines } from "../parts/board-lines";
import "../parts/board-lines";
import { HubElement } from "../parts/element";
import { type Fact, facts } from "../parts/facts";
import { refusedForm } from "../parts/field";
import { go } from "../router";
import { t } from "../text";
import { ago, watts } from "../text/format";

type Order = "clear_trip" | "restart";

@customElement("kw-charger-board")
export class ChargerBoard extends HubElement {
  @property({ attribute: false }) charger!: Charger;
  @state() private told: BoardLines | null = null;
  /** What the board has been asked, and has not yet answered. */
  @state() private asked: Order | null = null;
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    const { charger } = this;
    const shown: Fact[] = [
      [t("charger.id"), charger.id],
      [t("charger.firmware"), charger.firmware ?? "–"],
      [t("charger.signal"), charger.signal_dbm === null ? "–" : `${charger.signal_dbm} dBm`],
      [t("charger.supply"), charger.supply_v === null ? "–" : watts(charger.supply_v, "V")],
      [t("charger.seen"), charger.last_seen === null ? "–" : ago(charger.last_seen)],
    ];
    return html`<section class="card stack">
      <h2>${t("charger.board")}</h2>
      ${facts(shown, "spread")}
      <div>
        ${hub.may("control") && charger.kind === "s1" ? this.orders() : nothing}
        ${hub.may("admin") ? this.administration() : nothing}
      </div>
    </section>`;
  }

  private orders(): TemplateResult {
    const { trips, progress } = this.charger;
    const stopped = trips.length > 0 || progress.step === "locked";
    const done = (["clear_trip", "restart"] as const).find((each) => this.attempt.done(each));
    return html`${stopped ? this.order("clear_trip") : nothing} ${this.order("restart")}
      <p class="small soft" role="status">${done === undefined ? "" : t(`charger.${done}_done`)}</p>`;
  }

  /** Something that only the board can do, and may refuse. */
  private order(order: Order): TemplateResult {
    return html`<details class="fold" ?open=${order === "clear_trip"}>
      <summary>${t(`charger.${order}`)}</summary>
      <div>
        <p class="soft">${t(`charger.${order}_lead`)}</p>
        <button class="button quiet" ?disabled=${this.asked !== null} @click=${() => this.ask(order)}>
          ${t(this.asked === order ? "charger.asked" : `charger.${order}`)}
        </button>
        ${refusedForm(this.attempt.refused(order), [])}
      </div>
    </details>`;
  }

  private administration(): TemplateResult {
    return html`${
        this.told === null ? nothing : html`<kw-board-lines .told=${this.told}></kw-board-lines><br />`
      }
      <details class="fold">
        <summary>${t("charger.rotate")}</summary>
        <div>
          <p class="soft">${t("charger.rotate_lead")}</p>
          <button class="button quiet" @click=${this.renewKey}>${t("charger.rotate")}</button>
        </div>
      </details>
      <details class="fold">
        <summary>${t("charger.replace")}</summary>
        <div>
          <p class="soft">${t("charger.replace_lead")}</p>
          <button class="button quiet" @click=${this.renewKey}>${t("charger.replace_do")}</button>
        </div>
      </details>
      <details class="fold">
        <summary>${t("charger.remove")}</summary>
        <div>
          <p class="soft">${t("charger.remove_lead")}</p>
          <div class="row">
            <button class="button danger" @click=${() => this.removeCharger("keep")}>
              ${t("charger.remove_keep")}
            </button>
            <button class="button danger" @click=${() => this.removeCharger("remove")}>
              ${t("charger.remove_all")}
            </button>
          </div>
        </div>
      </details>
      ${refusedForm(this.attempt.refused("board"), [])}`;
  }

  private async ask(order: Order): Promise<void> {
    this.asked = order;
    await this.attempt.at(order, async () => {
      await hub.command(order, { charger: this.charger.id });
    });
    this.asked = null;
  }

  private renewKey(): void {
    void this.attempt.at("board", async () => {
      this.told = await call<BoardLines>("POST", `chargers/${this.charger.id}/key`, {});
    });
  }

  private removeCharger(history: "keep" | "remove"): void {
    if (!confirm(t(history === "keep" ? "charger.remove_keep_sure" : "charger.remove_all_sure"))) return;
    void this.attempt.at("board", async () => {
      await call("DELETE", `chargers/${this.charger.id}?history=${history}`);
      go("chargers");
    });
  }
}

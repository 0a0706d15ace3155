/** Chargers that were removed while their history was kept: to bring back, or to delete for good. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { call } from "../hub/client";
import type { Charger } from "../hub/types";
import { Attempt } from "../parts/attempt";
import type { BoardLines } from "../parts/board-lines";
import "../parts/board-lines";
import { HubElement } from "../parts/element";
import { refusedForm } from "../parts/field";
import { t } from "../text";
import { moment } from "../text/format";

interface Removed {
  id: string;
  name: string;
  kind: string;
  removed: string;
}

@customElement("kw-removed-chargers")
export class RemovedChargers extends HubElement {
  @state() private removed: Removed[] = [];
  @state() private told: (BoardLines & { charger: Charger }) | null = null;
  private readonly attempt = new Attempt(this);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.attempt.at("list", () => this.load());
  }

  override render(): TemplateResult | typeof nothing {
    const { removed, told } = this;
    if (removed.length === 0 && told === null) return nothing;
    return html`<br />
      ${
        told === null
          ? nothing
          : html`<section class="card">
                <h2>${t("add.lines", { name: told.charger.name })}</h2>
                <kw-board-lines .told=${told}></kw-board-lines>
              </section>
              <br />`
      }
      ${
        removed.length === 0
          ? nothing
          : html`<section class="card stack" aria-labelledby="removed">
              <h2 id="removed">${t("removed.title")}</h2>
              <p class="soft">${t("removed.lead")}</p>
              <ul class="list">
                ${removed.map((each) => html`<li>${this.line(each)}</li>`)}
              </ul>
            </section>`
      }
      ${refusedForm(this.attempt.refused("list"), [])}`;
  }

  private line(each: Removed): TemplateResult {
    return html`<div class="row apart">
      <span>
        <span class="line-title">${each.name}</span><br />
        <span class="small soft">${t("removed.when", { time: moment(each.removed) })}</span>
      </span>
      <span class="row">
        <button
          class="button quiet"
          aria-label="${t("removed.restore")}: ${each.name}"
          @click=${() => this.restore(each)}
        >
          ${t("removed.restore")}
        </button>
        <button
          class="button danger"
          aria-label="${t("removed.delete")}: ${each.name}"
          @click=${() => this.delete(each)}
        >
          ${t("removed.delete")}
        </button>
      </span>
    </div>`;
  }

  private async load(): Promise<void> {
    this.removed = await call<Removed[]>("GET", "removed");
  }

  private restore({ id }: Removed): void {
    void this.attempt.at("list", async () => {
      this.told = await call<BoardLines & { charger: Charger }>("POST", `removed/${id}/restore`, {});
      await this.load();
    });
  }

  private delete({ id, name }: Removed): void {
    if (!confirm(t("removed.delete_sure", { name }))) return;
    void this.attempt.at("list", async () => {
      await call("DELETE", `removed/${id}`);
      await this.load();
    });
  }
}

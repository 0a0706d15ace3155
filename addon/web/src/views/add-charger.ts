/** Adding a charger: a name, the lines for its board, then waiting until it has been heard and has measured. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { call, HubError } from "../hub/client";
import { hub } from "../hub/hub";
import type { Charger } from "../hub/types";
import { words } from "../parts/attempt";
import { type BoardLines, simulatable } from "../parts/board-lines";
import { HubElement } from "../parts/element";
import { field, refusedForm } from "../parts/field";
import { icon } from "../parts/icons";
import { t } from "../text";
import { watts } from "../text/format";

type Kind = "board" | "simulated" | "legacy";
const KINDS: Kind[] = ["board", "simulated", "legacy"];
const FIELDS = ["name", "id", "url"];

@customElement("kw-add-charger")
export class AddCharger extends HubElement {
  @state() private told: (BoardLines & { charger: Charger }) | null = null;
  @state() private error: HubError | null = null;
  @state() private busy = false;
  @state() private name = "";
  @state() private chosenId: string | null = null;

  override render(): TemplateResult {
    return html`<a class="crumb" href="#/chargers">${icon("back")}${t("app.chargers")}</a>
      <div class="head"><h1 tabindex="-1">${t("now.add")}</h1></div>
      ${
        !hub.may("admin")
          ? html`<p>${t("error.forbidden")}</p>`
          : this.told === null
            ? this.form()
            : this.added(this.told)
      }`;
  }

  private form(): TemplateResult {
    const id = this.chosenId ?? idFrom(this.name);
    return html`<form class="card form narrow" @submit=${this.submit}>
      ${field(
        {
          name: "name",
          label: t("add.name"),
          type: "text",
          value: this.name,
          hint: t("add.name_hint"),
          change: (value) => (this.name = value),
        },
        this.error,
      )}
      <fieldset class="stack tight">
        <legend class="label">${t("add.kind")}</legend>
        ${KINDS.map(
          (kind) =>
            html`<label class="option">
              <input type="radio" name="kind" value=${kind} ?checked=${kind === "board"} />
              <span class="line-title">${t(`add.kind_${kind}`)}</span>
              <span class="hint">${t(`add.kind_${kind}_hint`)}</span>
            </label>`,
        )}
      </fieldset>
      ${field(
        {
          name: "id",
          label: t("add.id"),
          type: "text",
          value: id,
          hint: t("add.id_hint"),
          pattern: "[a-z0-9][a-z0-9_\\-]{0,31}",
          change: (value) => (this.chosenId = value),
        },
        this.error,
      )}
      ${field(
        {
          name: "url",
          label: t("add.url"),
          type: "text",
          value: "",
          hint: t("add.url_hint"),
          required: false,
        },
        this.error,
      )}
      ${refusedForm(this.error, FIELDS)}
      <div class="row">
        <button class="button" ?disabled=${this.busy}>${t("add.submit")}</button>
        <a class="button quiet" href="#/chargers">${t("app.cancel")}</a>
      </div>
    </form>`;
  }

  private added(told: BoardLines & { charger: Charger }): TemplateResult {
    const charger = hub.charger(told.charger.id) ?? told.charger;
    const heard = charger.last_seen !== null;
    const measured = charger.reading !== null;
    return html`<div class="columns">
      <section class="card">
        <h2>${t(simulatable(charger) ? "lines.play_title" : "add.lines", { name: charger.name })}</h2>
        <kw-board-lines .told=${told}></kw-board-lines>
      </section>
      <section class="card stack" aria-live="polite">
        <h2>${t("add.progress")}</h2>
        <ol class="steps">
          <li class="done">${t("add.step_added")}</li>
          <li class=${heard ? "done" : "next"}>${t(heard ? "add.step_heard" : "add.step_waiting")}</li>
          <li class=${measured ? "done" : heard ? "next" : ""}>
            ${measured ? t("add.step_measured", this.measured(charger)) : t("add.step_measuring")}
          </li>
        </ol>
        ${heard || charger.simulated ? nothing : html`<p class="small soft">${t("add.help")}</p>`}
        ${measured ? html`<a class="button" href="#/now">${t("app.to_now")}</a>` : nothing}
      </section>
    </div>`;
  }

  private measured({ reading }: Charger): { power: string; voltage: string } {
    const power = watts(reading?.power_w ?? reading?.apparent_power_va);
    return { power, voltage: watts(reading?.voltage_v, "V") };
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const kind = form.get("kind") as Kind;
    this.busy = true;
    this.error = null;
    try {
      this.told = await call<BoardLines & { charger: Charger }>("POST", "chargers", {
        name: form.get("name"),
        id: form.get("id"),
        kind: kind === "legacy" ? "legacy" : "s1",
        simulated: kind === "simulated",
        ...(words(form, "url") === "" ? {} : { url: words(form, "url") }),
      });
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      // The hub's 409 names no field, and only an id can be taken.
      this.error =
        error.status === 409 ? new HubError(error.code, t("add.taken"), "id", null, error.status) : error;
    } finally {
      this.busy = false;
    }
  }
}

/** "Anna's e-bike" → "anna-s-e-bike". */
function idFrom(name: string): string {
  return name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/ł/g, "l")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "")
    .slice(0, 32)
    .replace(/-$/, "");
}

/** Which meters the hub can read: those that come with it, and those that people add as a file. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { call } from "../hub/client";
import { manage, type Register, type StoredModel } from "../hub/management";
import type { MeterModel } from "../hub/types";
import { Attempt, submitted, words } from "../parts/attempt";
import { HubElement } from "../parts/element";
import { field, refusedForm } from "../parts/field";
import { Loaded } from "../parts/loaded";
import { managed } from "../parts/manage-tabs";
import { t } from "../text";
import { measured } from "../text/measured";

const ADD = "add";
const EXAMPLE = `title = "Acme 3000, one phase"
source = "its manual, page 12"
bidirectional = false
longest_read = 60

[defaults]
function_code = 4
kind = "float32"

[instantaneous]
voltage = { address = 0x0000, unit = "V" }
active_power = { address = 0x000C, unit = "W" }

[cumulative]
energy_import = { address = 0x0048, unit = "kWh" }
`;

interface Known {
  models: MeterModel[];
  stored: StoredModel[];
}

@customElement("kw-meter-models")
export class MeterModels extends HubElement {
  /** The stored model whose registers are shown. */
  @state() private opened: number | null = null;
  private readonly known = new Loaded<Known>(this);
  private readonly registers = new Loaded<Register[]>(this);
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    return managed("models", () => {
      void this.known.load("all", async () => ({
        models: await call<MeterModel[]>("GET", "meter-models"),
        stored: await manage<StoredModel[]>("GET", "admin/meters"),
      }));
      return html`<p class="soft">${t("models.lead")}</p>
        <br />
        <div class="columns">
          <section class="card" aria-label=${t("models.title")}>
            ${this.known.show(
              ({ models, stored }) =>
                html`${models.map((each) =>
                  this.model(
                    each,
                    stored.find(({ name }) => name === each.name),
                  ),
                )}`,
            )}
          </section>
          ${this.adding()}
        </div>`;
    });
  }

  private model(model: MeterModel, stored: StoredModel | undefined): TemplateResult {
    const shipped = model.measurements !== undefined;
    return html`<details
      class="fold"
      @toggle=${(event: Event) => {
        if ((event.target as HTMLDetailsElement).open) this.opened = stored?.id ?? null;
      }}
    >
      <summary>
        <span>${model.title ?? model.name}<br /><span class="small soft">${model.name}</span></span>
        <span class="tag">${t(shipped ? "models.shipped" : "models.added")}</span>
      </summary>
      <div>
        ${
          stored === undefined
            ? html`<p class="small">
                ${t("models.count", { count: model.measurements?.length ?? 0 })}:
                ${model.measurements?.map(measured).join(", ")}
              </p>`
            : this.registersOf(stored)
        }
        ${
          stored === undefined
            ? nothing
            : html`${refusedForm(this.attempt.refused(model.name), [])}
                <div class="row">
                  <button class="button danger" @click=${() => this.removeModel(stored)}>
                    ${t("models.remove")}
                  </button>
                </div>`
        }
      </div>
    </details>`;
  }

  private registersOf(stored: StoredModel): TemplateResult | typeof nothing {
    if (this.opened !== stored.id) return nothing;
    void this.registers.load(String(stored.id), async () =>
      (await manage<Register[]>("GET", "admin/registers")).filter(({ meter }) => meter === stored.id),
    );
    return this.registers.show(
      (registers) =>
        html`<table class="table values">
          <caption class="hidden">
            ${t("models.registers")}
          </caption>
          <thead>
            <tr>
              <th scope="col">${t("meters.measurement")}</th>
              <th scope="col" class="numeric">${t("models.function")}</th>
              <th scope="col" class="numeric">${t("models.address")}</th>
            </tr>
          </thead>
          <tbody>
            ${registers.map(
              (each) =>
                html`<tr>
                  <td>${measured(each.measurement)} <span class="soft">${each.unit ?? ""}</span></td>
                  <td class="numeric">${each.function_code}</td>
                  <td class="numeric">0x${each.address.toString(16).toUpperCase().padStart(4, "0")}</td>
                </tr>`,
            )}
          </tbody>
        </table>`,
    );
  }

  private adding(): TemplateResult {
    const error = this.attempt.refused(ADD);
    const wrong = error?.field === "model" ? error.message : "";
    return html`<form class="card form" @submit=${this.add}>
      <h2>${t("models.add")}</h2>
      ${field({ name: "name", label: t("models.name"), type: "text", hint: t("models.name_hint") }, error)}
      <div class="field">
        <label for="model-file">${t("models.file")}</label>
        <textarea
          class="input"
          id="model-file"
          name="file"
          spellcheck="false"
          required
          aria-invalid=${wrong === "" ? nothing : "true"}
          aria-describedby="about-model-file"
          .value=${EXAMPLE}
        ></textarea>
        <span id="about-model-file">
          ${wrong === "" ? nothing : html`<span class="wrong" role="alert">${wrong}</span>`}
          <span class="hint">${t("models.file_hint")}</span>
        </span>
      </div>
      ${refusedForm(error, ["name", "model"])}
      <div class="row"><button class="button">${t("models.add")}</button></div>
    </form>`;
  }

  private add(event: SubmitEvent): void {
    const form = submitted(event);
    const name = encodeURIComponent(words(form, "name"));
    void this.attempt.at(ADD, async () => {
      await call(
        "POST",
        `meter-models/${name}`,
        new Blob([String(form.get("file"))], { type: "application/toml" }),
      );
      this.known.again();
    });
  }

  private removeModel({ id, name }: StoredModel): void {
    if (!confirm(t("models.remove_sure"))) return;
    void this.attempt.at(name, async () => {
      await manage("DELETE", `admin/meters/${id}`);
      this.known.again();
    });
  }
}

/** Something to fill in: its label, its unit, a hint, and what is wrong with it, all tied together for screen readers. */

import { html, nothing, type TemplateResult } from "lit";
import type { HubError } from "../hub/client";
import { t } from "../text";
import { complaint } from "../text/doing";
import { icon } from "./icons";

export interface Field {
  name: string;
  /** What tells it from a field of the same name in another form of the page. */
  form?: string;
  label: string;
  value?: string | number | null;
  type?: "text" | "password" | "number" | "time";
  unit?: string;
  hint?: string;
  least?: number;
  most?: number;
  step?: number | "any";
  required?: boolean;
  pattern?: string;
  change?: (value: string) => void;
}

/** `error` is the hub's last refusal; what it says of this field is shown here. */
export function field(spec: Field, error: HubError | null = null): TemplateResult {
  const { name, label, unit, hint } = spec;
  const id = `${spec.form ?? "field"}-${name}`;
  const wrong = error !== null && names(error, name) ? error.message : "";
  const type = spec.type ?? "number";
  const input = html`<input
    class="input"
    id=${id}
    name=${name}
    type=${type}
    inputmode=${type === "number" ? "decimal" : nothing}
    .value=${String(spec.value ?? "")}
    min=${spec.least ?? nothing}
    max=${spec.most ?? nothing}
    step=${type === "number" ? (spec.step ?? "any") : nothing}
    pattern=${spec.pattern ?? nothing}
    maxlength=${type === "text" ? 100 : nothing}
    autocomplete=${type === "password" ? "new-password" : "off"}
    ?required=${spec.required ?? true}
    aria-invalid=${wrong === "" ? nothing : "true"}
    aria-describedby=${wrong !== "" || hint ? `about-${id}` : nothing}
    @input=${(event: Event) => spec.change?.((event.target as HTMLInputElement).value)}
  />`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${unit ? html`<span class="with-unit">${input}<span class="unit" aria-hidden="true">${unit}</span></span>` : input}
    ${
      wrong !== "" || hint
        ? html`<span id="about-${id}">
            ${wrong === "" ? nothing : html`<span class="wrong" role="alert">${wrong}</span>`}
            ${hint ? html`<span class="hint">${hint}</span>` : nothing}
          </span>`
        : nothing
    }
  </div>`;
}

/** A list to choose from. */
export function choice(
  name: string,
  label: string,
  value: string,
  options: [string, string][],
  change?: (value: string) => void,
  form = "field",
): TemplateResult {
  const id = `${form}-${name}`;
  return html`<div class="field">
    <label for=${id}>${label}</label>
    <select
      class="input"
      id=${id}
      name=${name}
      @change=${(event: Event) => change?.((event.target as HTMLSelectElement).value)}
    >
      ${options.map(([each, text]) => html`<option value=${each} ?selected=${each === value}>${text}</option>`)}
    </select>
  </div>`;
}

/** Something that is so or not. */
export function tick(name: string, label: string, on: boolean, hint = ""): TemplateResult {
  return html`<label class="option">
    <input type="checkbox" name=${name} .checked=${on} />
    <span class="line-title">${label}</span>
    ${hint === "" ? nothing : html`<span class="hint">${hint}</span>`}
  </label>`;
}

/** What the hub refused and no field of the form is to blame for. */
export function refusedForm(error: HubError | null, fields: string[]): TemplateResult | typeof nothing {
  if (error === null || fields.some((each) => names(error, each))) return nothing;
  return html`<div class="note bad" role="alert">
    ${icon("warn")}
    <div>${complaint(error)}</div>
  </div>`;
}

export function saved(shown: boolean): TemplateResult {
  return html`<span class="small soft" role="status">${shown ? t("app.saved") : ""}</span>`;
}

function names(error: HubError, name: string): boolean {
  return error.field !== null && error.field.split(".").at(-1) === name;
}

/** A number of a form; null where it is empty. */
export function numeric(form: FormData, name: string): number | null {
  const text = String(form.get(name) ?? "").trim();
  return text === "" ? null : Number(text);
}

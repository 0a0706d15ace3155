/** A yes or no of a form. */

import { html, nothing, type TemplateResult } from "lit";

export interface Check {
  name: string;
  label: string;
  hint?: string;
  checked: boolean;
  disabled?: boolean;
  change?: (checked: boolean) => void;
}

export function check(spec: Check): TemplateResult {
  return html`<label class="check">
    <input
      type="checkbox"
      name=${spec.name}
      .checked=${spec.checked}
      ?disabled=${spec.disabled ?? false}
      @change=${(event: Event) => spec.change?.((event.target as HTMLInputElement).checked)}
    />
    <span>${spec.label}</span>
    ${spec.hint ? html`<span class="hint">${spec.hint}</span>` : nothing}
  </label>`;
}

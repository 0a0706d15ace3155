/** Reception as four bars, with its number for those who want it. */

import { html, type TemplateResult } from "lit";
import { t } from "../text";

// dBm from which each bar is full: the usual steps for GSM.
const STEPS = [-105, -95, -85, -75];

export function signal(dbm: number | null): TemplateResult {
  const label = dbm === null ? t("now.signal_none") : t("now.signal", { dbm });
  return html`<span class="signal" role="img" aria-label=${label} title=${label}>
    ${STEPS.map((step) => html`<i class=${dbm !== null && dbm >= step ? "full" : ""}></i>`)}
  </span>`;
}

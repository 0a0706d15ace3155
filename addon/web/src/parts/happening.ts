/** What a scenario or a fault does, in one sentence: the reader's, or else the simulator's English. */

import { html, nothing, type TemplateResult } from "lit";
import { happens } from "../text/world";

export function happening(
  kind: "scenarios" | "faults",
  { name, about }: { name: string; about: string },
): TemplateResult {
  const translated = happens(kind, name);
  return html`<p class="small soft sentence" lang=${translated === undefined ? "en" : nothing}>
    ${translated ?? about}
  </p>`;
}

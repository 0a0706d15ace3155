/** "Tell me why": decisions in words, each with the rule and the readings behind it. */

import { html, nothing, type TemplateResult } from "lit";
import type { Decision } from "../hub/types";
import { t } from "../text";
import { moment, number } from "../text/format";
import { decided, quantity, ruleOf, told, toneOf } from "../text/why";
import type { Drawing } from "./chart";
import "./chart";
import { type Fact, facts } from "./facts";

export function decisionList(decisions: Decision[]): TemplateResult {
  return html`<ol class="list decisions">
    ${decisions.map((each) => html`<li>${one(each)}</li>`)}
  </ol>`;
}

function one(decision: Decision): TemplateResult {
  const rule = ruleOf(decision);
  const compared = told(decision);
  const numbers = Object.entries(decision.numbers).filter(([, value]) => value !== null);
  const more = numbers.length > 0 || decision.levels.length > 1;
  return html`<article class="doing ${toneOf(decision)} decision">
    <div class="row apart">
      <h3 class="doing-headline">${decided(decision)}</h3>
      <span class="small soft">
        <time datetime=${decision.time}>${moment(decision.time)}</time> · ${t(`why.by_${decision.by}`)}
      </span>
    </div>
    ${rule === "" ? nothing : html`<p>${rule}</p>`}
    ${compared === "" ? nothing : html`<p class="small soft">${compared}</p>`}
    ${
      more
        ? html`<details class="fold">
            <summary class="small">${t("why.readings")}</summary>
            <div>
              ${
                decision.levels.length > 1
                  ? html`<kw-chart .drawing=${levels(decision)} label=${t("why.levels")}></kw-chart>`
                  : nothing
              }
              ${numbers.length > 0 ? measured(numbers) : nothing}
            </div>
          </details>`
        : nothing
    }
  </article>`;
}

function measured(numbers: [string, number | null][]): TemplateResult {
  const shown = numbers.map(([name, value]): Fact => {
    const [what, unit] = quantity(name);
    return [what, `${number(value ?? 0, Number.isInteger(value) ? 0 : 1)} ${unit}`];
  });
  return facts(shown, "spread");
}

function levels({ levels: known, numbers }: Decision): Drawing {
  return {
    times: known.map((each) => Date.parse(each.time) / 1000),
    lines: [
      { color: "accent", values: known.map((each) => each.power_w), fill: true, steps: true, label: "" },
    ],
    unit: "W",
    detailed: true,
    levels:
      numbers.low_w != null
        ? [{ at: numbers.low_w, color: "bad", label: `${number(numbers.low_w, 1)} W` }]
        : [],
  };
}

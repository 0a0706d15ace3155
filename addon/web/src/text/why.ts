/** What was decided, and by which rule, in the reader's words; the hub's own sentence where there is none. */

import type { Decision } from "../hub/types";
import type { Tone } from "./doing";
import { known, t } from "./index";

export function decided(decision: Decision): string {
  const { decision: what, rule } = decision;
  if (what === "tripped" || what === "refused") {
    const about = known(what === "tripped" ? "trip" : "refusal", rule) ?? rule ?? "";
    return t(what === "tripped" ? "why.tripped" : "why.refused", { about });
  }
  if (what === "phase") return known("why.phase", rule) ?? t("why.phase_other", { phase: rule ?? "" });
  return known("why", what) ?? what;
}

/** The rule behind it; empty where the decision says all. */
export function ruleOf({ rule }: Decision): string {
  return known("why.rule", rule) ?? "";
}

export function toneOf({ decision }: Decision): Tone {
  switch (decision) {
    case "started":
      return "busy";
    case "ended":
    case "cut_off":
      return "good";
    case "tripped":
      return "bad";
    case "refused":
      return "warn";
    default:
      return "calm";
  }
}

const UNITS: [RegExp, string][] = [
  [/_w$/, "W"],
  [/_wh$/, "Wh"],
  [/_s$/, "s"],
  [/_min$/, "min"],
  [/_a$/, "A"],
  [/_v$/, "V"],
];

/** "low_w" → ["low", "W"]. */
export function quantity(name: string): [string, string] {
  const found = UNITS.find(([pattern]) => pattern.test(name));
  if (found === undefined) return [name.replaceAll("_", " "), ""];
  return [name.replace(found[0], "").replaceAll("_", " "), found[1]];
}

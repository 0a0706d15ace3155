/** What was decided, and by which rule, in the reader's words; the hub's own sentence where there is none. */

import type { Decision } from "../hub/types";
import type { Tone } from "./doing";
import { energy, percent, span, watts } from "./format";
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

/** What was compared, in the reader's words; of a rule that is newer than this page, the hub's own. */
export function told(decision: Decision): string {
  const { decision: what, rule, numbers } = decision;
  if (what === "cut_off" || what === "tripped" || what === "refused") return ""; // headline and rule say it all
  const {
    energy_wh,
    arm_w,
    armed_s,
    level_w,
    peak_w,
    low_w: mark_w,
    low_min,
    rest_w,
    power_w,
    silent_s,
  } = numbers;
  if (arm_w != null && armed_s != null)
    return t("why.told.armed", { mark: watts(arm_w), time: span(armed_s * 1000), energy: energy(energy_wh) });
  if (level_w != null && peak_w != null) {
    const level = watts(level_w);
    // A charge that has just begun has had no peak yet.
    return peak_w === 0 ? level : t("why.told.phase", { level, share: percent(level_w / peak_w) });
  }
  if (mark_w != null && low_min != null)
    return t("why.told.curve", {
      mark: watts(mark_w),
      time: span(low_min * 60_000),
      rest: watts(rest_w),
      peak: watts(peak_w),
    });
  if (rule === "relay_opened" && power_w != null)
    return t("why.told.relay_opened", { power: watts(power_w) });
  if (silent_s != null) return t("why.told.silence", { time: span(silent_s * 1000) });
  return decision.why;
}

const UNITS: [RegExp, string][] = [
  [/_w$/, "W"],
  [/_wh$/, "Wh"],
  [/_s$/, "s"],
  [/_min$/, "min"],
  [/_a$/, "A"],
  [/_v$/, "V"],
];

/** "low_w" → ["mark", "W"], in the reader's words; "new_w", which this page does not know, → ["new", "W"]. */
export function quantity(name: string): [string, string] {
  const [pattern, unit] = UNITS.find(([each]) => each.test(name)) ?? ["", ""];
  return [known("why.number", name) ?? name.replace(pattern, "").replaceAll("_", " "), unit];
}

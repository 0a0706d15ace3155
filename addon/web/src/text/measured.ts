/** What a meter measures, and how it stands with it, in words. */

import type { Meter, MeterValue } from "../hub/types";
import { moment, number } from "./format";
import { known, t } from "./index";
import type { Doing } from "./doing";

// What most people look at first, in this order; a model has up to ninety.
const MAIN = [
  "active_power",
  "energy_import",
  "energy_export",
  "energy_total",
  "voltage",
  "current",
  "frequency",
];

/** "Voltage L1"; a measurement that nobody has translated by its own name. */
export function measured(name: string): string {
  const whole = known("measure", name);
  if (whole !== undefined) return whole;
  const parts = /^(.*?)(?:_(l[123]|total))?$/.exec(name);
  const what = known("measure", parts?.[1]);
  if (what === undefined) return name.replaceAll("_", " ");
  const where = parts?.[2] ?? "";
  return `${what} ${where === "total" ? t("measure.total") : where.toUpperCase()}`.trim();
}

export function shown({ value, unit }: MeterValue): string {
  if (value === null) return "–";
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 100 ? 1 : 2;
  return `${number(value, digits)} ${unit ?? ""}`.trim();
}

/** Its measurements: those that people look at first, and the others. */
export function sorted(meter: Meter): { main: [string, MeterValue][]; others: [string, MeterValue][] } {
  const all = Object.entries(meter.values);
  const main = all
    .filter(([name]) => rank(name) !== -1)
    .sort(([one], [other]) => rank(one) - rank(other) || one.localeCompare(other));
  const others = all.filter(([name]) => rank(name) === -1);
  return { main, others: others.sort(([one], [other]) => measured(one).localeCompare(measured(other))) };
}

function rank(name: string): number {
  // The energy of each phase is for those who look for it.
  const phases = name.startsWith("energy") ? /_total$/ : /_(l[123]|total)$/;
  return MAIN.indexOf(MAIN.includes(name) ? name : name.replace(phases, ""));
}

/** What all that goes through it comes to now, in W. */
export function powerOf(meter: Meter): MeterValue | undefined {
  return meter.values.active_power ?? meter.values.active_power_total;
}

export function meterName(meter: Meter): string {
  return meter.name ?? `${meter.title ?? meter.model} · ${meter.host}`;
}

/** How it stands with a meter. */
export function asked(meter: Meter): Doing {
  const error = (meter.error ?? "").replace(/\.$/, "");
  const why = error === "" ? "" : t("meters.why", { error });
  const next = meter.next_try === null ? "" : t("meters.next", { time: moment(meter.next_try) });
  const kept = meter.time === null ? "" : t("meters.last_values", { time: moment(meter.time) });
  if (meter.online === null && error === "")
    return { headline: t("meters.unasked"), detail: "", tone: "calm" };
  if (meter.online === true && error === "")
    return {
      headline: t("meters.answers", { interval: number(meter.interval_s) }),
      detail: "",
      tone: "good",
    };
  if (meter.online === true)
    return { headline: t("meters.faltering", { error }), detail: next, tone: "warn" };
  const headline =
    meter.last_seen === null || meter.since === null
      ? t("meters.never")
      : t("meters.silent", { since: moment(meter.since) });
  return { headline, detail: [why, next, kept].filter(Boolean).join(" "), tone: "bad" };
}

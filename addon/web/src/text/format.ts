/** Numbers, times and spans as the reader writes them. */

import { locale, t } from "./index";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>();

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  return cached("n", options, () => new Intl.NumberFormat(locale(), options));
}

function dates(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return cached("d", options, () => new Intl.DateTimeFormat(locale(), options));
}

// Making one takes longer than a hundred uses.
function cached<T extends Intl.NumberFormat | Intl.DateTimeFormat>(
  kind: string,
  options: object,
  make: () => T,
): T {
  const key = kind + locale() + JSON.stringify(options);
  let found = formats.get(key) as T | undefined;
  if (found === undefined) formats.set(key, (found = make()));
  return found;
}

export function number(value: number, digits = 0): string {
  return numbers({ maximumFractionDigits: digits, minimumFractionDigits: digits }).format(value);
}

/** 91 W, 1.24 kW; "–" when unknown. */
export function watts(value: number | null | undefined, unit = "W"): string {
  if (value == null) return "–";
  if (Math.abs(value) >= 1000) return `${number(value / 1000, 2)} k${unit}`;
  return `${number(value, Math.abs(value) < 10 ? 1 : 0)} ${unit}`;
}

/** 240 Wh, 1.24 kWh. */
export function energy(wh: number | null | undefined): string {
  return watts(wh == null ? wh : Math.abs(wh) >= 10 ? Math.round(wh) : wh, "Wh");
}

export function money(amount: number | null | undefined, currency: string | null | undefined): string {
  if (amount == null || !currency) return "–";
  // Two digits say nothing about a charge that costs four cents.
  const digits = Math.abs(amount) < 0.1 && amount !== 0 ? 3 : 2;
  const shown = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  try {
    return numbers({ style: "currency", currency, ...shown }).format(amount);
  } catch {
    return `${number(amount, digits)} ${currency}`; // no ISO code
  }
}

/** 0.82 → 82 % */
export function percent(share: number): string {
  return numbers({ style: "percent", maximumFractionDigits: 0 }).format(share);
}

/** 1:20 h; 45 s: signs that need no language. */
export function span(ms: number): string {
  const minutes = Math.round(ms / MINUTE);
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")} h`;
  return numbers({ style: "unit", unit: "day", unitDisplay: "long" }).format(Math.round(ms / DAY));
}

/** 22:40 */
export function clock(time: string | number): string {
  return dates({ hour: "numeric", minute: "2-digit" }).format(new Date(time));
}

/** 22:40 today; else "tomorrow 02:15", "Tue 02:15", "21 Nov 02:15", "21 Nov 2024, 02:15". */
export function moment(time: string | number, now = Date.now()): string {
  const at = new Date(time);
  const days = Math.round((midnight(at) - midnight(new Date(now))) / DAY);
  if (days === 0) return clock(time);
  if (days === 1 || days === -1)
    return `${t(days === 1 ? "time.tomorrow" : "time.yesterday")} ${clock(time)}`;
  return `${day(time, now)} ${clock(time)}`;
}

/** "Tue 02:15 – today 02:15", and within a day "01:15 – 02:15". */
export function stretch(from: number, until: number, now = Date.now()): string {
  const day = (time: number) => midnight(new Date(time));
  if (day(from) === day(until)) return `${moment(from, now)} – ${clock(until)}`;
  const today = day(until) === day(now) ? `${relative({ numeric: "auto" }).format(0, "day")} ` : "";
  return `${moment(from, now)} – ${today}${moment(until, now)}`;
}

/** Tue within a week, else 21 Nov, with the year where it is another. */
export function day(time: string | number, now = Date.now()): string {
  const at = new Date(time);
  if (Math.abs(at.getTime() - now) < 6 * DAY) return dates({ weekday: "short" }).format(at);
  return date(time, now);
}

/** 21 Nov, with the year where it is another. */
export function date(time: string | number, now = Date.now()): string {
  const at = new Date(time);
  const year = at.getFullYear() === new Date(now).getFullYear() ? {} : { year: "numeric" as const };
  return dates({ day: "numeric", month: "short", ...year }).format(at);
}

function midnight(at: Date): number {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate()).getTime();
}

/** "12 min ago" in the reader's words. */
export function ago(time: string, now = Date.now()): string {
  const ms = Math.max(0, now - Date.parse(time));
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
    [1000, "second"],
  ];
  const [size, name] = steps.find(([each]) => ms >= each * 1.5) ?? [1000, "second"];
  return relative({ numeric: "auto", style: "short" }).format(-Math.round(ms / size), name);
}

function relative(options: Intl.RelativeTimeFormatOptions): Intl.RelativeTimeFormat {
  return new Intl.RelativeTimeFormat(locale(), options);
}

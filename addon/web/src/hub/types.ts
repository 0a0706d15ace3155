/** The shapes of docs/api.md. Times are RFC 3339 in UTC; what is not known is null. */

export type Scope = "own" | "read" | "control" | "admin";
export type OnOff = "on" | "off";
export type State = "unknown" | "off" | "idle" | "charging" | "full" | "tripped";

export interface Me {
  user: string;
  scope: Scope;
  /** Whether a simulation runs beside the hub. */
  simulator: boolean;
}

export interface Reading {
  time: string;
  voltage_v: number | null;
  current_a: number | null;
  power_w: number | null;
  apparent_power_va: number | null;
  power_factor: number | null;
  energy_wh: number | null;
  relay?: OnOff | null;
}

export interface Session {
  id: number;
  start: string;
  end: string | null;
  energy_wh: number | null;
  peak_power_w: number | null;
  end_reason: string | null;
  cost: number | null;
  currency: string | null;
  unpriced_wh: number | null;
}

export interface Estimate {
  expected: string;
  earliest: string;
  latest: string;
  learned: boolean;
  as_of: string;
}

export interface Settings {
  cutoff_w: number;
  hold_s: number;
  max_hours: number;
  max_wh: number;
  max_a: number;
  rule: "robust" | "threshold";
  balance_min: number;
  pending: boolean;
}

export type ModeName = "manual" | "until_full" | "to_target" | "cheapest_hours" | "ready_by";

export interface Mode {
  name: ModeName;
  target_wh: number | null;
  target_percent: number | null;
  hours: number | null;
  ready_by: string | null;
  zone: string | null;
  prefer: "cheap" | "late";
  probe: boolean;
  learned_caps: boolean;
}

export interface Plan {
  runs: { start: string; end: string }[];
  hours: number;
  energy_wh: number;
  cost: number | null;
  cost_at_once: number | null;
  currency: string | null;
  in_time: boolean;
  learned: boolean;
}

export interface Progress {
  step: "resting" | "waiting" | "charging" | "done" | "probing" | "held" | "locked";
  why: string;
  wish: OnOff | null;
  since: string | null;
  ready: string | null;
  plan: Plan | null;
}

export interface Charger {
  id: string;
  name: string;
  kind: string;
  simulated: boolean;
  online: boolean;
  last_seen: string | null;
  firmware: string | null;
  signal_dbm: number | null;
  supply_v: number | null;
  state: State;
  trips: string[];
  relay: { reported: OnOff | null; desired: OnOff | null; pending: boolean; reason: string | null };
  reading: Reading | null;
  session: Session | null;
  charge: { phase: string; full: Estimate | null };
  settings: Settings;
  mode: Mode;
  progress: Progress;
}

export interface Order {
  id: number;
  charger: string;
  relay: OnOff;
  created: string;
  state: "pending" | "done" | "refused" | "expired";
  reason: string | null;
}

export interface Statistic {
  mean: number;
  min: number;
  max: number;
}

export interface Point {
  time: string;
  count: number;
  power_w: Statistic | null;
  voltage_v: Statistic | null;
  current_a: Statistic | null;
  energy_wh: number | null;
}

export interface Decision {
  time: string;
  since: string;
  by: "hub" | "board";
  session: number | null;
  decision: string;
  rule: string | null;
  why: string;
  numbers: Record<string, number | null>;
  levels: { time: string; power_w: number }[];
}

export interface Learned {
  trusted: boolean;
  idle_w: number | null;
  plateau_w: number | null;
  tail_tau_s: number | null;
  energy_wh: number | null;
  duration_s: number | null;
  charges: { start: string; duration_s: number; energy_wh: number; power_w: number[] }[];
}

export interface Health {
  charges: number;
  needed: number;
  whole_charges: number | null;
  capacity_percent: number | null;
  trend_percent_per_year: number | null;
  trend_low: number | null;
  trend_high: number | null;
  tail_share: number | null;
}

export interface Band {
  start: string;
  end: string;
  per_kwh: number;
  days?: "every" | "weekday" | "weekend";
}

export type Tariff =
  | { kind: "fixed"; currency: string; zone?: string | null; per_kwh: number }
  | {
      kind: "time_of_use";
      currency: string;
      zone?: string | null;
      otherwise: number;
      bands: Band[];
      seasons?: { start: string; bands: Band[]; otherwise: number }[];
    }
  | { kind: "feed"; currency: string }
  | { kind: "none" };

export interface Price {
  start: string;
  end: string;
  per_kwh: number | null;
}

export interface MeterValue {
  value: number | null;
  unit: string | null;
  cumulative: boolean;
}

export interface Meter {
  id: number;
  name: string | null;
  model: string;
  title: string | null;
  host: string;
  port: number;
  unit: number;
  site: number;
  site_meter: boolean;
  interval_s: number;
  raw_days: number | null;
  online: boolean | null;
  since: string | null;
  last_seen: string | null;
  failures: number;
  error: string | null;
  next_try: string | null;
  time: string | null;
  values: Record<string, MeterValue>;
  missing: Record<string, string>;
}

export interface MeterModel {
  name: string;
  title: string | null;
  /** Only of those that come with the hub. */
  measurements?: string[];
}

export interface Site {
  id: number;
  name: string;
  meters: number[];
  chargers: string[];
  power_w: number | null;
  chargers_w: number | null;
  rest_w: number | null;
  unknown: string[];
}

/** The past of a charger: power over any span, energy and cost by week, the battery's health, and every charge. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, HubError, query, text } from "../hub/client";
import { hub } from "../hub/hub";
import type { Health, Point, Session } from "../hub/types";
import { download } from "../parts/board-lines";
import type { Drawing } from "../parts/chart";
import "../parts/chart";
import { HubElement } from "../parts/element";
import { choice } from "../parts/field";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { noChargers } from "../parts/no-chargers";
import { go } from "../router";
import { type Key, known, t } from "../text";
import { complaint } from "../text/doing";
import { clock, date, energy, moment, money, number, span, stretch } from "../text/format";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;
const SPANS: [Key, number][] = [
  ["history.hour", HOUR_S],
  ["history.day", DAY_S],
  ["history.week", 7 * DAY_S],
  ["history.month", 31 * DAY_S],
  ["history.quarter", 92 * DAY_S],
  ["history.year", 366 * DAY_S],
  ["history.all", 20 * 366 * DAY_S],
];
const POINTS = 1000;
const PAGE = 20;
const WEEKS_S = 26 * 7 * DAY_S;

interface Period {
  start: string;
  sessions: number;
  energy_wh: number;
  costs: { currency: string; amount: number }[];
}

@customElement("kw-history")
export class History extends HubElement {
  @property({ attribute: false }) charger = "";
  @state() private length = 7 * DAY_S;
  /** Where the span ends, in Unix seconds; null: now, and it moves along. */
  @state() private end: number | null = null;
  @state() private most = PAGE;
  @state() private failed = "";
  private readonly points = new Loaded<Point[]>(this);
  private readonly weeks = new Loaded<Period[]>(this);
  private readonly health = new Loaded<Health>(this);
  private readonly sessions = new Loaded<Session[]>(this);

  override render(): TemplateResult {
    const { chargers } = hub;
    if (chargers === null) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    const id = this.charger || (chargers.find((each) => each.session)?.id ?? chargers[0]?.id);
    if (id === undefined) return noChargers();
    return html`<div class="head">
        <h1 tabindex="-1">${t("app.history")}</h1>
        <div class="row">
          ${
            chargers.length > 1
              ? choice(
                  "charger",
                  t("history.charger"),
                  id,
                  chargers.map((each) => [each.id, each.name]),
                  (chosen) => go(`history/${chosen}`),
                )
              : nothing
          }
        </div>
      </div>
      <div class="stack">
        ${this.power(id)}
        <div class="columns">${this.byWeek(id)} ${this.battery(id)}</div>
        ${this.charges(id)}
      </div>`;
  }

  // --- power over time ---

  private power(id: string): TemplateResult {
    const latest = Math.ceil(Date.now() / 60_000) * 60;
    const end = this.end ?? latest;
    const start = Math.max(0, end - this.length);
    void this.points.load(`${id} ${start} ${end}`, async () => {
      const asked = { start: iso(start), end: iso(end), points: POINTS };
      return (await call<{ points: Point[] }>("GET", query(`chargers/${id}/readings`, asked))).points;
    });
    return html`<section class="card stack" aria-labelledby="power-title">
      <div class="row apart">
        <h2 id="power-title">${t("history.power")}</h2>
        <div class="row">
          <div class="choices" role="group" aria-label=${t("history.span")}>
            ${SPANS.map(
              ([key, length]) =>
                html`<button
                  aria-pressed=${length === this.length}
                  @click=${() => this.choose(length, length === SPANS.at(-1)?.[1] ? null : this.end)}
                >
                  ${t(key)}
                </button>`,
            )}
          </div>
          <div class="row nowrap">
            <button
              class="button bare"
              aria-label=${t("history.earlier")}
              @click=${() => (this.end = end - this.length)}
            >
              ${icon("back")}
            </button>
            <button
              class="button bare"
              aria-label=${t("history.later")}
              ?disabled=${this.end === null}
              @click=${() => (this.end = end + this.length >= latest ? null : end + this.length)}
            >
              ${icon("next")}
            </button>
          </div>
        </div>
      </div>
      ${this.points.show((points) =>
        points.some((each) => each.power_w)
          ? html`<kw-chart
              class="tall"
              .drawing=${overTime(points, start, end)}
              .zoom=${(from: number, until: number) =>
                this.choose(Math.max(60, Math.round(until - from)), Math.round(until))}
              label=${t("history.power_label", { from: moment(start * 1000), until: moment(end * 1000) })}
            ></kw-chart>`
          : html`<p class="soft chart-none">${t("history.nothing")}</p>`,
      )}
      <div class="row apart small soft">
        <span>${stretch(start * 1000, end * 1000)}</span>
        <span>${t("history.zoom_hint")}</span>
      </div>
      <div class="row">
        <button class="button quiet" @click=${() => this.save(id, "readings", start, end)}>
          ${icon("download")}${t("history.readings_csv")}
        </button>
        ${this.failed === "" ? nothing : html`<span role="alert">${this.failed}</span>`}
      </div>
    </section>`;
  }

  private choose(length: number, end: number | null): void {
    this.length = length;
    this.end = end;
  }

  private async save(id: string, what: "readings" | "sessions", start?: number, end?: number): Promise<void> {
    this.failed = "";
    try {
      const asked = start === undefined || end === undefined ? {} : { start: iso(start), end: iso(end) };
      const csv = await text(query(`chargers/${id}/${what}.csv`, asked));
      download(`${id}-${what}.csv`, csv, "text/csv");
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.failed = complaint(error);
    }
  }

  // --- energy and cost by week ---

  private byWeek(id: string): TemplateResult {
    void this.weeks.load(`${id}`, async () => {
      const asked = {
        by: "week",
        start: iso(Math.floor(Date.now() / 1000) - WEEKS_S),
        zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
      };
      return (await call<{ periods: Period[] }>("GET", query(`chargers/${id}/energy`, asked))).periods;
    });
    return html`<section class="card stack">
      <h2>${t("history.by_week")}</h2>
      ${this.weeks.show((weeks) =>
        weeks.length === 0
          ? html`<p class="soft">${t("now.no_session")}</p>`
          : html`<kw-chart .drawing=${bars(weeks)} label=${t("history.by_week")}></kw-chart>
              <table class="table">
                <thead>
                  <tr>
                    <th scope="col">${t("history.week_of")}</th>
                    <th scope="col" class="numeric">${t("history.charges")}</th>
                    <th scope="col" class="numeric">${t("now.energy")}</th>
                    <th scope="col" class="numeric">${t("now.cost")}</th>
                  </tr>
                </thead>
                <tbody>
                  ${[...weeks]
                    .reverse()
                    .slice(0, 4)
                    .map(
                      (each) =>
                        html`<tr>
                          <td>${date(each.start)}</td>
                          <td class="numeric">${each.sessions}</td>
                          <td class="numeric">${energy(each.energy_wh)}</td>
                          <td class="numeric">
                            ${each.costs.map((cost) => money(cost.amount, cost.currency)).join(" + ") || "–"}
                          </td>
                        </tr>`,
                    )}
                </tbody>
              </table>`,
      )}
    </section>`;
  }

  // --- the battery ---

  private battery(id: string): TemplateResult {
    void this.health.load(id, () => call<Health>("GET", `chargers/${id}/health`));
    return html`<section class="card stack">
      <h2>${t("history.health")}</h2>
      ${this.health.show(healthOf)}
    </section>`;
  }

  // --- every charge ---

  private charges(id: string): TemplateResult {
    const now = hub.charger(id)?.session;
    void this.sessions.load(`${id} ${this.most} ${now?.id} ${now?.end}`, async () => {
      const path = query(`chargers/${id}/sessions`, { limit: this.most });
      return (await call<{ sessions: Session[] }>("GET", path)).sessions;
    });
    return html`<section class="card">
      <div class="row apart">
        <h2>${t("history.charges")}</h2>
        <div class="row">
          <a class="button quiet" href="#/why/${id}">${icon("question")}${t("why.title")}</a>
          <button class="button quiet" @click=${() => this.save(id, "sessions")}>
            ${icon("download")}${t("history.sessions_csv")}
          </button>
        </div>
      </div>
      ${this.sessions.show((sessions) =>
        sessions.length === 0
          ? html`<p class="soft">${t("now.no_session")}</p>`
          : html`<ul class="list">
                ${sessions.map((each) => html`<li>${line(id, now?.id === each.id ? now : each)}</li>`)}
              </ul>
              ${
                sessions.length < this.most
                  ? nothing
                  : html`<button class="button quiet" @click=${() => (this.most += PAGE * 2)}>
                      ${t("history.more")}
                    </button>`
              }`,
      )}
    </section>`;
  }
}

function line(id: string, session: Session): TemplateResult {
  const end = Date.parse(hub.until(id, session));
  const reason = session.end === null ? "running" : (session.end_reason ?? "");
  return html`<a class="line" href="#/history/${id}/${session.id}">
    <span>
      <span class="line-title">${moment(session.start)} – ${session.end === null ? "…" : clock(end)}</span
      ><br />
      <span class="small soft"
        >${span(end - Date.parse(session.start))} · ${known("end", reason) ?? reason}</span
      >
    </span>
    <span class="line-figures"
      >${energy(session.energy_wh)}<br /><span class="small soft"
        >${money(session.cost, session.currency)}</span
      ></span
    >
    ${icon("next")}
  </a>`;
}

function healthOf(health: Health): TemplateResult {
  if (health.capacity_percent === null)
    return html`<p class="soft">
      ${t("history.health_wait", { charges: health.charges, needed: health.needed })}
    </p>`;
  const trend = health.trend_percent_per_year;
  return html`<p class="big">${number(health.capacity_percent, 0)} %</p>
    <p>${t("history.health_capacity", { charges: health.whole_charges ?? 0 })}</p>
    ${
      trend === null
        ? nothing
        : html`<p class="soft">
            ${t("history.health_trend", {
              trend: signed(trend),
              low: signed(health.trend_low ?? trend),
              high: signed(health.trend_high ?? trend),
            })}
          </p>`
    }`;
}

function signed(value: number): string {
  return `${value > 0 ? "+" : ""}${number(value, 1)} %`;
}

/** Mean and, where a point spans much, the highest. A gap stays a gap. */
function overTime(points: Point[], start: number, end: number): Drawing {
  const times: number[] = [];
  const mean: (number | null)[] = [];
  const most: (number | null)[] = [];
  const step = Math.max(300, ((end - start) / POINTS) * 3);
  for (const point of points) {
    const at = Date.parse(point.time) / 1000;
    const before = times.at(-1);
    if (before !== undefined && at - before > step) {
      times.push(before + 1);
      mean.push(null);
      most.push(null);
    }
    times.push(at);
    mean.push(point.power_w?.mean ?? null);
    most.push(point.power_w?.max ?? null);
  }
  const coarse = (end - start) / POINTS > 120;
  return {
    times,
    lines: [
      { color: "accent", values: mean, fill: true, label: coarse ? t("history.mean") : "" },
      ...(coarse ? [{ color: "line-strong", values: most, width: 1, label: t("history.highest") }] : []),
    ],
    unit: "W",
    span: [Math.max(start, (times[0] ?? start) - (end - start) * 0.02), end],
    detailed: true,
  };
}

function bars(weeks: Period[]): Drawing {
  return {
    times: weeks.map((each) => Date.parse(each.start) / 1000),
    lines: [{ color: "accent", values: weeks.map((each) => each.energy_wh / 1000), bars: true, label: "" }],
    unit: "kWh",
    digits: 2,
    detailed: true,
    span: edge(weeks),
  };
}

/** Half a week more at each end, so that the outer bars are whole; at least eight weeks, so that one is no wall. */
function edge(weeks: Period[]): [number, number] {
  const first = Date.parse(weeks[0]?.start ?? "") / 1000;
  const last = Date.parse(weeks.at(-1)?.start ?? "") / 1000;
  return [Math.min(first, last - 7 * 7 * DAY_S) - 3.5 * DAY_S, last + 3.5 * DAY_S];
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

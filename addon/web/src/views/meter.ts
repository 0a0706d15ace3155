/** One meter: how it stands with it, what it says now, and what it said. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, query } from "../hub/client";
import { hub } from "../hub/hub";
import type { Meter, MeterValue } from "../hub/types";
import type { Drawing } from "../parts/chart";
import "../parts/chart";
import { HubElement } from "../parts/element";
import { choice } from "../parts/field";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { type Key, t } from "../text";
import { moment } from "../text/format";
import { asked, measured, meterName, powerOf, shown, sorted } from "../text/measured";

const HOUR_S = 3600;
const SPANS: [Key, number][] = [
  ["history.hour", HOUR_S],
  ["history.day", 24 * HOUR_S],
  ["history.week", 7 * 24 * HOUR_S],
  ["history.month", 31 * 24 * HOUR_S],
  ["history.year", 366 * 24 * HOUR_S],
];
const POINTS = 600;
/** What a picture shows at least, however little there is yet. */
const LEAST_S = 600;
/** How often the picture is fetched anew while somebody looks. */
const FRESH_S = 30;

interface Course {
  unit: string | null;
  cumulative: boolean;
  points: { time: string; mean: number; min: number; max: number }[];
}

@customElement("kw-meter")
export class MeterView extends HubElement {
  @property({ attribute: false }) number = 0;
  @state() private chosen = "";
  @state() private length = HOUR_S;
  private readonly course = new Loaded<Course>(this);

  override render(): TemplateResult {
    const meter = hub.meter(this.number);
    if (hub.meters === null) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    if (meter === undefined) return html`<p>${t("meters.gone")}</p>`;
    const { main, others } = sorted(meter);
    const missing = Object.entries(meter.missing);
    return html`<a class="crumb" href="#/meters">${icon("back")}${t("app.meters")}</a>
      <div class="head">
        <h1 tabindex="-1">${meterName(meter)}</h1>
        ${
          hub.may("admin")
            ? html`<a class="button quiet" href="#/meters/${meter.id}/settings">
                ${icon("gear")}${t("meters.settings")}
              </a>`
            : nothing
        }
      </div>
      <div class="stack">
        ${stateOf(meter)}
        <div class="columns">
          <section class="card stack">
            <h2>${t("meters.values")}</h2>
            ${main.length === 0 ? table(others) : table(main)}
            ${main.length === 0 || others.length === 0 ? nothing : fold(t("meters.more_values"), table(others))}
            ${missing.length === 0 ? nothing : fold(t("meters.missing"), reasons(missing))}
          </section>
          ${this.history(meter, [...main, ...others])}
        </div>
      </div>`;
  }

  private history(meter: Meter, values: [string, MeterValue][]): TemplateResult | typeof nothing {
    const usual = powerOf(meter) === meter.values.active_power ? "active_power" : "active_power_total";
    const name = [this.chosen, usual, values[0]?.[0]].find((each) => each && each in meter.values);
    if (!name) return nothing;
    const end = Math.ceil(Date.now() / 1000 / FRESH_S) * FRESH_S;
    const start = end - this.length;
    void this.course.load(`${meter.id} ${name} ${start} ${end}`, () =>
      call<Course>(
        "GET",
        query(`meters/${meter.id}/history`, {
          measurement: name,
          from: iso(start),
          to: iso(end),
          points: POINTS,
        }),
      ),
    );
    const label = t("meters.history_label", {
      what: measured(name),
      from: moment(start * 1000),
      until: moment(end * 1000),
    });
    return html`<section class="card stack" aria-labelledby="history-title">
      <h2 id="history-title">${t("meters.history")}</h2>
      ${choice(
        "measurement",
        t("meters.measurement"),
        name,
        values.map(([each]) => [each, measured(each)]),
        (chosen) => (this.chosen = chosen),
      )}
      <div class="choices" role="group" aria-label=${t("history.span")}>
        ${SPANS.map(
          ([key, length]) =>
            html`<button aria-pressed=${length === this.length} @click=${() => (this.length = length)}>
              ${t(key)}
            </button>`,
        )}
      </div>
      ${this.course.show((course) =>
        course.points.length === 0
          ? html`<p class="soft chart-none">${t("history.nothing")}</p>`
          : html`<kw-chart class="tall" .drawing=${drawn(course, start, end)} label=${label}></kw-chart>`,
      )}
    </section>`;
  }
}

function stateOf(meter: Meter): TemplateResult {
  const { headline, detail, tone } = asked(meter);
  return html`<div class="note ${tone}" role="status">
    ${icon(tone === "good" ? "check" : tone === "calm" ? "question" : "warn")}
    <div>
      <strong>${headline}</strong>
      ${detail === "" ? nothing : html`<br />${detail}`}
    </div>
  </div>`;
}

function table(values: [string, MeterValue][]): TemplateResult {
  return html`<table class="table values">
    <tbody>
      ${values.map(
        ([name, value]) =>
          html`<tr>
            <td>${measured(name)}</td>
            <td class="numeric">${shown(value)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}

function reasons(missing: [string, string][]): TemplateResult {
  return html`<ul class="list">
    ${missing.map(
      ([name, why]) =>
        html`<li class="line">
          <span>${measured(name)}<br /><span class="small soft">${why}</span></span>
        </li>`,
    )}
  </ul>`;
}

function fold(title: string, content: TemplateResult): TemplateResult {
  return html`<details class="fold">
    <summary>${title}</summary>
    <div>${content}</div>
  </details>`;
}

/** Means over time, or where a counter stood. A gap stays a gap. */
function drawn({ points, unit, cumulative }: Course, start: number, end: number): Drawing {
  const step = Math.max(120, ((end - start) / POINTS) * 3);
  const times: number[] = [];
  const values: (number | null)[] = [];
  for (const point of points) {
    const at = Date.parse(point.time) / 1000;
    const before = times.at(-1);
    if (before !== undefined && at - before > step) {
      times.push(before + 1);
      values.push(null);
    }
    times.push(at);
    values.push(cumulative ? point.max : point.mean);
  }
  return {
    times,
    lines: [{ color: "accent", values, fill: !cumulative, label: "" }],
    unit: unit ?? "",
    digits: values.some((each) => Math.abs(each ?? 0) >= 100) ? 0 : 2,
    detailed: true,
    span: [Math.max(start, Math.min(end - LEAST_S, (times[0] ?? start) - (end - start) * 0.02)), end],
  };
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

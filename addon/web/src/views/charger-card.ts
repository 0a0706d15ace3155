/** One charger: what it is doing, its charge as a curve and in figures, and its relay. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, query } from "../hub/client";
import { hub } from "../hub/hub";
import type { Charger, Point, Session } from "../hub/types";
import type { Drawing } from "../parts/chart";
import "../parts/chart";
import { HubElement } from "../parts/element";
import { type Fact, facts } from "../parts/facts";
import "../parts/relay-switch";
import { refusal } from "../parts/relay-switch";
import { signal } from "../parts/signal";
import { t } from "../text";
import { doing } from "../text/doing";
import { ago, clock, energy, moment, money, span, watts } from "../text/format";

const POINTS = 240; // what a card's width can show

@customElement("kw-charger-card")
export class ChargerCard extends HubElement {
  @property({ attribute: false }) charger!: Charger;
  @state() private curve: [number[], number[]] | null = null;
  private curveOf: number | null = null;
  private seen = false;
  private readonly sight = new IntersectionObserver(([entry]) => {
    if (!entry?.isIntersecting) return;
    this.seen = true;
    this.sight.disconnect();
    this.requestUpdate();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.sight.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sight.disconnect();
  }

  override render(): TemplateResult {
    const { charger } = this;
    const { headline, detail, tone } = doing(charger);
    return html`<article class="card charger" aria-labelledby="name-${charger.id}">
      <div class="charger-head">
        <h2 class="charger-name" id="name-${charger.id}">
          <span>${charger.name}</span>
        </h2>
        <kw-relay-switch .charger=${charger}></kw-relay-switch>
      </div>
      <div class="doing ${tone}" role="status">
        <p class="doing-headline">${headline}</p>
        <p class="doing-detail">${detail}</p>
      </div>
      ${refusal(charger)} ${charger.session ? this.session(charger.session) : nothing}
      <div class="charger-foot small soft">
        <span class="row">
          ${
            charger.last_seen === null
              ? nothing
              : html`${signal(charger.signal_dbm)}<span
                    >${t("now.seen", { ago: ago(charger.last_seen) })}</span
                  >`
          }
        </span>
        <a href="#/history/${charger.id}" aria-label="${t("now.details")}: ${charger.name}"
          >${t("now.details")}</a
        >
      </div>
    </article>`;
  }

  private session(session: Session): TemplateResult {
    const { reading, name } = this.charger;
    const running = session.end === null;
    const end = hub.until(this.charger.id, session);
    const title = running
      ? html`<span>${t("now.session")}</span><span>${moment(session.start)}</span>`
      : html`<span>${t("now.last_session")}</span><span>${moment(session.start)} – ${clock(end)}</span>`;
    const power = reading?.power_w ?? null;
    const now: [string, string] =
      power === null && reading?.apparent_power_va != null
        ? [t("now.apparent"), watts(reading.apparent_power_va, "VA")]
        : [t("now.power"), watts(power)];
    const shown: Fact[] = [
      running ? now : [t("now.peak"), watts(session.peak_power_w)],
      [t("now.energy"), energy(session.energy_wh)],
      [t("now.cost"), money(session.cost, session.currency)],
      [t("now.duration"), span(Date.parse(end) - Date.parse(session.start))],
    ];
    return html`<section>
      <div class="session-title">${title}</div>
      <kw-chart .drawing=${this.drawing(session)} label=${t("now.curve", { name })}></kw-chart>
      ${facts(shown)}
    </section>`;
  }

  private drawing(session: Session): Drawing | null {
    if (this.curve === null) return null;
    const [times, values] = this.curve;
    const start = seconds(session.start);
    const { full } = this.charger.charge;
    const running = session.end === null;
    const expected = running && full ? seconds(full.expected) : null;
    const last = times.at(-1) ?? start;
    const until = Math.max(
      last,
      running ? start + 600 : seconds(session.end ?? session.start),
      expected ?? 0,
    );
    return {
      times,
      lines: [{ values, color: running ? "accent" : "line-strong", fill: true, label: t("now.power") }],
      unit: "W",
      span: [start, until + (until - start) * 0.02],
      shades:
        running && full
          ? [
              {
                from: Math.max(last, seconds(full.earliest)),
                until: seconds(full.latest),
                color: "accent-ground",
              },
            ]
          : [],
      marks: expected ? [{ at: expected, color: "accent", label: clock(expected * 1000) }] : [],
    };
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.seen) return;
    const { session, reading } = this.charger;
    if (session && this.curveOf !== session.id) {
      this.curveOf = session.id;
      this.curve = null;
      void this.load(session);
    } else if (session?.end === null && reading && changed.has("charger")) this.extend(reading.time);
  }

  private async load(session: Session): Promise<void> {
    const { id } = this.charger;
    const end = session.end === null ? {} : { end: session.end };
    const path = query(`chargers/${id}/readings`, { start: session.start, ...end, points: POINTS });
    try {
      const { points } = await call<{ points: Point[] }>("GET", path);
      const known = points.filter((each) => each.power_w);
      if (this.curveOf !== session.id) return;
      this.curve = [known.map((each) => seconds(each.time)), known.map((each) => each.power_w?.mean ?? 0)];
    } catch {
      this.curveOf = null; // again with the next news
    }
  }

  private extend(time: string): void {
    const { power_w: power } = this.charger.reading ?? {};
    if (this.curve === null || power == null) return;
    const [times, values] = this.curve;
    const at = seconds(time);
    if (at <= (times.at(-1) ?? 0)) return;
    // As far apart as the hub's own points, so that a long charge stays a small picture.
    const step = times.length < POINTS ? 0 : ((times.at(-1) ?? 0) - (times[0] ?? 0)) / POINTS;
    const close = at - (times.at(-2) ?? 0) < step;
    const keep = close ? times.length - 1 : times.length;
    this.curve = [
      [...times.slice(0, keep), at],
      [...values.slice(0, keep), power],
    ];
  }
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}

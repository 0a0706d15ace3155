/** One charge: its curve, its figures, and why it began, went and ended as it did. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { call, query } from "../hub/client";
import { hub } from "../hub/hub";
import type { Decision, Point, Session } from "../hub/types";
import type { Drawing } from "../parts/chart";
import "../parts/chart";
import { decisionList } from "../parts/decisions";
import { HubElement } from "../parts/element";
import { type Fact, facts } from "../parts/facts";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { known, t } from "../text";
import { clock, energy, moment, money, span, watts } from "../text/format";

const POINTS = 900;
const AROUND_S = 300; // shown before and after the charge

interface Elsewhen {
  began: { start: string; cost: number | null }[];
}

@customElement("kw-session")
export class SessionView extends HubElement {
  @property({ attribute: false }) charger = "";
  @property({ attribute: false }) number = 0;
  private readonly session = new Loaded<Session | null>(this);
  private readonly points = new Loaded<Point[]>(this);
  private readonly decisions = new Loaded<Decision[]>(this);
  private readonly elsewhen = new Loaded<Elsewhen>(this);

  override render(): TemplateResult {
    const name = hub.charger(this.charger)?.name ?? this.charger;
    void this.session.load(`${this.charger} ${this.number}`, () => this.find());
    return html`<a class="crumb" href="#/history/${this.charger}">${icon("back")}${name}</a>
      ${this.session.show((session) =>
        session === null ? html`<p>${t("session.gone")}</p>` : this.show(this.fresh(session)),
      )}`;
  }

  /** There is no call for a single one: it is among those about its own decisions' time. */
  private async find(): Promise<Session | null> {
    const running = hub.charger(this.charger)?.session;
    if (running?.id === this.number) return running;
    const path = `chargers/${this.charger}/sessions`;
    const { sessions } = await call<{ sessions: Session[] }>("GET", query(path, { limit: 1000 }));
    return sessions.find((each) => each.id === this.number) ?? null;
  }

  private fresh(session: Session): Session {
    const now = hub.charger(this.charger)?.session;
    return now?.id === session.id ? now : session;
  }

  private show(session: Session): TemplateResult {
    const base = `chargers/${this.charger}/sessions/${session.id}`;
    const end = hub.until(this.charger, session);
    const from = moved(session.start, -AROUND_S);
    const until = moved(end, AROUND_S);
    void this.points.load(`${session.id} ${session.end}`, async () => {
      const path = query(`chargers/${this.charger}/readings`, { start: from, end: until, points: POINTS });
      return (await call<{ points: Point[] }>("GET", path)).points;
    });
    void this.decisions.load(
      `${session.id} ${session.end}`,
      async () => (await call<{ decisions: Decision[] }>("GET", `${base}/decisions`)).decisions,
    );
    if (session.end !== null)
      void this.elsewhen.load(`${session.id}`, () => call<Elsewhen>("GET", `${base}/cost`));
    const reason = session.end === null ? "running" : (session.end_reason ?? "");
    return html`<div class="head">
        <h1 tabindex="-1">${moment(session.start)} – ${session.end === null ? "…" : clock(session.end)}</h1>
        <span class="tag">${known("end", reason) ?? reason}</span>
      </div>
      <div class="stack">
        <section class="card stack">
          ${this.points.show(
            (points) =>
              html`<kw-chart
                class="tall"
                .drawing=${this.drawing(points, session)}
                label=${t("session.curve")}
              ></kw-chart>`,
          )}
          ${this.facts(session)}
        </section>
        ${this.otherwise(session)}
        <section class="card">
          <h2>${t("why.title")}</h2>
          ${this.decisions.show((decisions) =>
            decisions.length === 0 ? html`<p class="soft">${t("why.none")}</p>` : decisionList(decisions),
          )}
        </section>
      </div>`;
  }

  private facts(session: Session): TemplateResult {
    const end = Date.parse(hub.until(this.charger, session));
    const shown: Fact[] = [
      [t("now.energy"), energy(session.energy_wh)],
      [t("now.cost"), money(session.cost, session.currency)],
      [t("now.duration"), span(end - Date.parse(session.start))],
      [t("now.peak"), watts(session.peak_power_w)],
    ];
    return html`${facts(shown, "spread")}
    ${
      session.unpriced_wh
        ? html`<p class="small soft">${t("now.unpriced", { energy: energy(session.unpriced_wh) })}</p>`
        : nothing
    }`;
  }

  /** What it would have cost had it begun at another time, where that is worth a word. */
  private otherwise(session: Session): TemplateResult | typeof nothing {
    const began = (this.elsewhen.value?.began ?? []).filter((each) => each.cost !== null);
    const least = began.reduce<(typeof began)[number] | null>(
      (best, each) => (best === null || (each.cost ?? 0) < (best.cost ?? 0) ? each : best),
      null,
    );
    if (least?.cost == null || session.cost === null) return nothing;
    const dear = session.cost > least.cost + 0.0005;
    return html`<section class="card stack">
      <h2>${t("session.otherwise")}</h2>
      <p>
        ${
          dear
            ? t("session.cheaper", { time: moment(least.start), cost: money(least.cost, session.currency) })
            : t("session.cheapest")
        }
      </p>
      <kw-chart
        .drawing=${
          {
            times: began.map((each) => Date.parse(each.start) / 1000),
            lines: [
              { color: "accent", values: began.map((each) => each.cost), steps: true, fill: true, label: "" },
            ],
            unit: session.currency ?? "",
            digits: 3,
            detailed: true,
            marks: [{ at: Date.parse(session.start) / 1000, color: "ink-soft", label: t("session.began") }],
          } satisfies Drawing
        }
        label=${t("session.otherwise")}
      ></kw-chart>
    </section>`;
  }

  private drawing(points: Point[], session: Session): Drawing {
    const phases = (this.decisions.value ?? []).filter((each) => each.decision === "phase");
    return {
      times: points.map((each) => Date.parse(each.time) / 1000),
      lines: [
        { color: "accent", fill: true, values: points.map((each) => each.power_w?.mean ?? null), label: "" },
      ],
      unit: "W",
      detailed: true,
      marks: [
        ...phases.map((each) => ({ at: Date.parse(each.since) / 1000, color: "line-strong" })),
        ...(session.end === null
          ? []
          : [{ at: Date.parse(session.end) / 1000, color: "good", label: known("end", session.end_reason) }]),
      ],
    };
  }
}

function moved(time: string, seconds: number): string {
  return new Date(Date.parse(time) + seconds * 1000).toISOString();
}

/** What electricity costs, and when each charger charges because of it. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";
import { call, query } from "../hub/client";
import { hub } from "../hub/hub";
import type { Charger, Price, Tariff } from "../hub/types";
import type { Drawing } from "../parts/chart";
import "../parts/chart";
import { HubElement } from "../parts/element";
import { Loaded } from "../parts/loaded";
import { t } from "../text";
import "./plan-card";
import "./tariff-form";

const BEFORE_S = 6 * 3600;
const AHEAD_S = 36 * 3600;

interface Prices {
  currency: string | null;
  prices: Price[];
}

@customElement("kw-tariff")
export class TariffView extends HubElement {
  /** Counts the tariffs that were saved here: with each the prices are others. */
  @state() private saved = 0;
  private readonly tariff = new Loaded<Tariff | null>(this);
  private readonly prices = new Loaded<Prices>(this);

  override render(): TemplateResult {
    const now = Math.floor(Date.now() / 900_000) * 900;
    void this.tariff.load(String(this.saved), async () => {
      return (await call<{ tariff: Tariff | null }>("GET", "tariff")).tariff;
    });
    void this.prices.load(`${this.saved} ${now}`, () =>
      call<Prices>("GET", query("tariff/prices", { start: iso(now - BEFORE_S), end: iso(now + AHEAD_S) })),
    );
    return html`<div class="head"><h1 tabindex="-1">${t("app.tariff")}</h1></div>
      <div class="stack">
        <section class="card stack">
          <h2>${t("tariff.prices")}</h2>
          ${this.prices.show((prices) => this.show(prices, now))}
        </section>
        <div class="columns">
          <section class="card">
            <h2>${t("tariff.title")}</h2>
            ${this.tariff.show(
              (tariff) =>
                html`<kw-tariff-form .tariff=${tariff} @saved=${() => (this.saved += 1)}></kw-tariff-form>`,
            )}
          </section>
          ${hub.chargers?.length ? this.plans(hub.chargers) : nothing}
        </div>
      </div>`;
  }

  private plans(chargers: Charger[]): TemplateResult {
    return html`<section class="card">
      <h2>${t("plan.title")}</h2>
      ${repeat(
        chargers,
        (each) => each.id,
        (each) => html`<kw-plan-card .charger=${each} .priced=${this.saved}></kw-plan-card>`,
      )}
    </section>`;
  }

  private show({ currency, prices }: Prices, now: number): TemplateResult {
    if (!this.tariff.value || !currency) return html`<p class="soft">${t("tariff.none")}</p>`;
    if (!prices.some((each) => each.per_kwh !== null))
      return html`<p class="soft">${t("tariff.no_prices")}</p>`;
    return html`<kw-chart
        .drawing=${this.drawing(prices, currency, now)}
        label=${t("tariff.prices")}
      ></kw-chart>
      <p class="small soft">${t("tariff.per_kwh", { currency })}</p>`;
  }

  /** The prices as steps; behind them, when somebody's plan has power. */
  private drawing(prices: Price[], currency: string, now: number): Drawing {
    const last = prices.at(-1);
    const runs = (hub.chargers ?? []).flatMap((each) => each.progress.plan?.runs ?? []);
    return {
      times: [...prices.map((each) => seconds(each.start)), ...(last ? [seconds(last.end)] : [])],
      lines: [
        {
          color: "accent",
          steps: true,
          fill: true,
          values: [...prices.map((each) => each.per_kwh), ...(last ? [last.per_kwh] : [])],
          label: "",
        },
      ],
      unit: currency,
      digits: 2,
      span: [now - BEFORE_S, now + AHEAD_S],
      detailed: true,
      shades: runs.map((each) => ({
        from: seconds(each.start),
        until: seconds(each.end),
        color: "accent-ground",
      })),
      marks: [{ at: Date.now() / 1000, color: "ink-soft", label: t("tariff.now") }],
    };
  }
}

function seconds(time: string): number {
  return Date.parse(time) / 1000;
}

function iso(at: number): string {
  return new Date(at * 1000).toISOString();
}

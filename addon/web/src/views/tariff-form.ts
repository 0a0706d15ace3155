/** Choosing a tariff. */

import { html, nothing, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { call, HubError } from "../hub/client";
import { hub } from "../hub/hub";
import type { Band, Tariff } from "../hub/types";
import { HubElement } from "../parts/element";
import { choice, field, numeric, refusedForm, saved } from "../parts/field";
import { icon } from "../parts/icons";
import { t } from "../text";
import { money } from "../text/format";

type Kind = Tariff["kind"];
type Days = NonNullable<Band["days"]>;

const KINDS: Kind[] = ["none", "fixed", "time_of_use", "feed"];
const DAYS: Days[] = ["every", "weekday", "weekend"];
const NIGHT: Band = { start: "22:00", end: "06:00", per_kwh: 0.2, days: "every" };

interface Compared {
  sessions: number;
  held: { currency: string | null; cost: number };
  otherwise: { currency: string; cost: number };
}

@customElement("kw-tariff-form")
export class TariffForm extends HubElement {
  @property({ attribute: false }) tariff: Tariff | null = null;
  @state() private kind: Kind = "none";
  @state() private bands: Band[] = [];
  @state() private error: HubError | null = null;
  @state() private done = false;
  @state() private compared: Compared | null = null;

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has("tariff")) return;
    this.kind = this.tariff?.kind ?? "none";
    const bands = this.tariff?.kind === "time_of_use" ? this.tariff.bands : [];
    this.bands = bands.length > 0 ? bands : [NIGHT];
  }

  override render(): TemplateResult {
    const { tariff, error } = this;
    const currency = tariff && "currency" in tariff ? tariff.currency : "EUR";
    return html`<form class="form" @submit=${this.save}>
      <p class="soft">${t("tariff.lead")}</p>
      ${choice(
        "kind",
        t("tariff.kind"),
        this.kind,
        KINDS.map((each) => [each, t(`tariff.kind_${each}`)]),
        (kind) => {
          this.kind = kind as Kind;
          this.done = false;
        },
      )}
      ${
        this.kind === "none"
          ? nothing
          : field(
              {
                form: "tariff",
                name: "currency",
                label: t("tariff.currency"),
                type: "text",
                value: currency,
                pattern: "[A-Z]{3}",
              },
              error,
            )
      }
      ${this.kind === "fixed" ? this.fixed() : nothing}
      ${this.kind === "time_of_use" ? this.timeOfUse() : nothing}
      ${this.kind === "feed" ? html`<p class="small soft">${t("tariff.feed_hint")}</p>` : nothing}
      ${refusedForm(error, ["currency", "per_kwh", "otherwise"])}
      ${
        hub.may("control")
          ? html`<div class="row">
              <button class="button">${t("app.save")}</button>
              ${
                this.kind === "none" || this.kind === "feed"
                  ? nothing
                  : html`<button class="button quiet" type="button" @click=${this.compare}>
                      ${t("tariff.compare")}
                    </button>`
              }
              ${saved(this.done)}
            </div>`
          : html`<p class="small soft">${t("error.forbidden")}</p>`
      }
      ${this.compared === null ? nothing : html`<p class="note" role="status">${this.sentence(this.compared)}</p>`}
    </form>`;
  }

  private fixed(): TemplateResult {
    const value = this.tariff?.kind === "fixed" ? this.tariff.per_kwh : null;
    return field(
      { form: "tariff", name: "per_kwh", label: t("tariff.price"), value, unit: "/ kWh" },
      this.error,
    );
  }

  private timeOfUse(): TemplateResult {
    const tariff = this.tariff?.kind === "time_of_use" ? this.tariff : null;
    return html`${tariff?.seasons?.length ? html`<p class="note warn">${t("tariff.seasons")}</p>` : nothing}
      ${this.bands.map((each, index) => this.band(each, index))}
      <button
        class="button quiet"
        type="button"
        @click=${(event: Event) => {
          this.bands = [...this.filled(formOf(event)), NIGHT];
        }}
      >
        ${icon("plus")}${t("tariff.band_add")}
      </button>
      ${field(
        {
          form: "tariff",
          name: "otherwise",
          label: t("tariff.otherwise"),
          value: tariff?.otherwise ?? null,
          unit: "/ kWh",
        },
        this.error,
      )}`;
  }

  private band(band: Band, index: number): TemplateResult {
    return html`<fieldset class="band">
      ${field({ form: "tariff", name: `start_${index}`, label: t("tariff.from"), type: "time", value: band.start })}
      ${field({ form: "tariff", name: `end_${index}`, label: t("tariff.until"), type: "time", value: band.end })}
      ${field({ form: "tariff", name: `price_${index}`, label: t("tariff.price"), value: band.per_kwh, unit: "/ kWh" })}
      ${choice(
        `days_${index}`,
        t("tariff.days"),
        band.days ?? "every",
        DAYS.map((each) => [each, t(`tariff.days_${each}`)]),
      )}
      <button
        class="button bare"
        type="button"
        aria-label=${t("tariff.band_remove")}
        @click=${(event: Event) => {
          this.bands = this.filled(formOf(event)).filter((_, each) => each !== index);
        }}
      >
        ${icon("close")}
      </button>
    </fieldset>`;
  }

  private filled(form: FormData): Band[] {
    return this.bands.map((_, index) => ({
      start: String(form.get(`start_${index}`)),
      end: String(form.get(`end_${index}`)),
      per_kwh: numeric(form, `price_${index}`) ?? 0,
      days: form.get(`days_${index}`) as Days,
    }));
  }

  private chosen(form: FormData): object {
    const { kind } = this;
    if (kind === "none") return { kind };
    const currency = form.get("currency");
    if (kind === "feed") return { kind, currency };
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (kind === "fixed") return { kind, currency, per_kwh: numeric(form, "per_kwh") };
    return { kind, currency, zone, bands: this.filled(form), otherwise: numeric(form, "otherwise") };
  }

  private async save(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const tariff = this.chosen(new FormData(event.target as HTMLFormElement));
    this.done = false;
    await this.attempt(async () => {
      await call("PUT", "tariff", tariff);
      this.done = true;
      this.dispatchEvent(new Event("saved"));
    });
  }

  /** Every charger's last charges, priced anew. */
  private async compare(event: Event): Promise<void> {
    const form = (event.target as HTMLElement).closest("form");
    if (form === null || !form.reportValidity()) return;
    const tariff = this.chosen(new FormData(form));
    await this.attempt(async () => {
      const all = await Promise.all(
        (hub.chargers ?? []).map((each) => call<Compared>("POST", `chargers/${each.id}/cost`, { tariff })),
      );
      this.compared = all.reduce((sum, each) => ({
        sessions: sum.sessions + each.sessions,
        held: { currency: sum.held.currency, cost: sum.held.cost + each.held.cost },
        otherwise: { currency: sum.otherwise.currency, cost: sum.otherwise.cost + each.otherwise.cost },
      }));
    });
  }

  private sentence({ sessions, held, otherwise }: Compared): string {
    if (sessions === 0) return t("tariff.compare_none");
    return t("tariff.compared", {
      sessions,
      otherwise: money(otherwise.cost, otherwise.currency),
      held: money(held.cost, held.currency),
    });
  }

  private async attempt(work: () => Promise<void>): Promise<void> {
    this.error = null;
    this.compared = null;
    try {
      await work();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
  }
}

function formOf(event: Event): FormData {
  return new FormData((event.currentTarget as HTMLElement).closest("form") ?? undefined);
}

/** Where meters and chargers stand. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { hub } from "../hub/hub";
import { type Location, manage, type Owner } from "../hub/management";
import { Attempt, submitted, words } from "../parts/attempt";
import { HubElement } from "../parts/element";
import { choice, field, refusedForm, saved } from "../parts/field";
import { Loaded } from "../parts/loaded";
import { managed } from "../parts/manage-tabs";
import { t } from "../text";
import { placeName } from "../text/place";

const ADD = "add";
const FIELDS = ["street", "number", "city", "zip_code", "user"];

interface Known {
  locations: Location[];
  owners: Owner[];
}

@customElement("kw-locations")
export class Locations extends HubElement {
  private readonly known = new Loaded<Known>(this);
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    return managed("locations", () => {
      void this.known.load("all", async () => ({
        locations: await manage<Location[]>("GET", "admin/locations"),
        owners: await manage<Owner[]>("GET", "admin/users"),
      }));
      return html`<p class="soft">${t("locations.lead")}</p>
        <br />
        ${this.known.show(
          ({ locations, owners }) =>
            html`<div class="columns">
              <section class="card" aria-label=${t("locations.title")}>
                ${
                  locations.length === 0
                    ? html`<p class="soft">${t("locations.none")}</p>`
                    : locations.map((each) => this.location(each, owners))
                }
              </section>
              <section class="card stack">
                <h2>${t("locations.add")}</h2>
                ${this.form(ADD, null, owners)}
              </section>
            </div>`,
        )}`;
    });
  }

  private location(location: Location, owners: Owner[]): TemplateResult {
    const form = String(location.id);
    return html`<details class="fold">
      <summary>${placeName(location)}</summary>
      <div>
        ${this.form(form, location, owners)}
        <div class="row">
          <button class="button danger" @click=${() => this.removeLocation(location.id)}>
            ${t("locations.remove")}
          </button>
        </div>
      </div>
    </details>`;
  }

  private form(form: string, location: Location | null, owners: Owner[]): TemplateResult {
    const error = this.attempt.refused(form);
    const me = owners.find((each) => each.username === hub.me?.user);
    const fields: [keyof Location & string, string, string?][] = [
      ["street", t("locations.street")],
      ["number", t("locations.number")],
      ["city", t("locations.city")],
      ["zip_code", t("locations.zip"), t("locations.zip_hint")],
    ];
    return html`<form class="form" @submit=${(event: SubmitEvent) => this.save(event, form, location)}>
      <div class="pair">
        ${fields.map(([name, label, hint]) =>
          field({ form: `place-${form}`, name, label, hint, type: "text", value: location?.[name] }, error),
        )}
      </div>
      ${choice(
        "user",
        t("locations.owner"),
        String(location?.user ?? me?.id ?? ""),
        owners.map((each) => [String(each.id), each.username]),
        undefined,
        `place-${form}`,
      )}
      ${refusedForm(error, FIELDS)}
      <div class="row">
        <button class="button">${location === null ? t("locations.add") : t("app.save")}</button>
        ${location === null ? nothing : saved(this.attempt.done(form))}
      </div>
    </form>`;
  }

  private save(event: SubmitEvent, name: string, location: Location | null): void {
    const element = event.target as HTMLFormElement;
    const form = submitted(event);
    const body = {
      street: words(form, "street"),
      number: words(form, "number"),
      city: words(form, "city"),
      zip_code: words(form, "zip_code"),
      user: Number(form.get("user")),
    };
    void this.attempt.at(name, async () => {
      if (location === null) {
        await manage("POST", "admin/locations", body);
        element.reset();
      } else await manage("PATCH", `admin/locations/${location.id}`, body);
      this.known.again();
    });
  }

  private removeLocation(id: number): void {
    if (!confirm(t("locations.remove_sure"))) return;
    void this.attempt.at(String(id), async () => {
      await manage("DELETE", `admin/locations/${id}`);
      this.known.again();
    });
  }
}

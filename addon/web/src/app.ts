/** The shell: navigation, state of the connection, and the view that the address asks for. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { token } from "./hub/client";
import { hub } from "./hub/hub";
import { HubElement } from "./parts/element";
import { icon } from "./parts/icons";
import { current, find, SECTIONS } from "./router";
import { choose, language, LANGUAGES, t } from "./text";
import "./views/login";

@customElement("kw-app")
export class App extends HubElement {
  @state() private path = current();
  @state() private loaded = "";
  @state() private failed = false;
  @state() private menu = false;
  private readonly navigated = () => void this.show();
  private readonly outside = (event: Event) => {
    if (this.menu && !(event.target as globalThis.Element).closest(".menu")) this.menu = false;
  };
  private readonly escape = (event: KeyboardEvent) => {
    if (event.key === "Escape") this.menu = false;
  };

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener("hashchange", this.navigated);
    addEventListener("click", this.outside);
    addEventListener("keydown", this.escape);
    void this.show();
    void hub.begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener("hashchange", this.navigated);
    removeEventListener("click", this.outside);
    removeEventListener("keydown", this.escape);
  }

  override render(): TemplateResult {
    if (hub.access === "signed_out") return html`<kw-login></kw-login>`;
    return html`<a class="skip" href="#content" @click=${this.skip}>${t("app.skip")}</a>
      ${this.bar()} ${this.banner()}
      <main id="content" tabindex="-1">${hub.access === "asking" ? this.asking() : this.view()}</main>`;
  }

  private bar(): TemplateResult {
    const section = find(this.path)?.route.section;
    return html`<header class="bar">
      <div class="bar-inner">
        <a class="brand" href="#/now"><img src="./icon.svg" alt="" />Kickwatt</a>
        <nav class="sections" aria-label="Kickwatt">
          ${SECTIONS.filter((each) => hub.sees(each)).map(
            (each) =>
              html`<a href="#/${each.path}" aria-current=${each.path === section ? "page" : nothing}>
                ${icon(each.icon)}<span>${t(each.title)}</span>
              </a>`,
          )}
        </nav>
        ${this.settings()}
      </div>
    </header>`;
  }

  private settings(): TemplateResult {
    return html`<div class="menu">
      <button
        class="button bare"
        aria-label=${t("app.menu")}
        aria-expanded=${this.menu}
        @click=${() => (this.menu = !this.menu)}
      >
        ${icon("menu")}
      </button>
      ${
        this.menu
          ? html`<div class="menu-panel">
              <div class="field">
                <label for="language">${t("app.language")}</label>
                <select class="input" id="language" @change=${this.chooseLanguage}>
                  ${Object.entries(LANGUAGES).map(
                    ([tag, name]) =>
                      html`<option value=${tag} ?selected=${tag === language()}>${name}</option>`,
                  )}
                </select>
              </div>
              ${
                hub.me
                  ? html`<p class="small soft">${t("app.signed_in_as", { user: hub.me.user })}</p>
                      ${
                        token() === null
                          ? nothing
                          : html`<button class="button quiet" @click=${() => hub.leave()}>
                              ${t("app.sign_out")}
                            </button>`
                      }`
                  : nothing
              }
            </div>`
          : nothing
      }
    </div>`;
  }

  private banner(): TemplateResult | typeof nothing {
    if (hub.status !== "lost") return nothing;
    return html`<div class="banner" role="alert">${icon("warn")}${t("app.lost")}</div>`;
  }

  private asking(): TemplateResult {
    return html`<p class="soft" role="status">${t("app.connecting")}</p>`;
  }

  private view(): TemplateResult {
    const found = find(this.path);
    if (found === undefined)
      return html`<div class="empty">
        <h1 tabindex="-1">${t("app.not_found")}</h1>
        <a class="button quiet" href="#/now">${t("app.to_now")}</a>
      </div>`;
    if (this.failed)
      return html`<div class="empty">
        <p role="alert">${t("error.unreachable")}</p>
        <button class="button quiet" @click=${() => location.reload()}>${t("app.retry")}</button>
      </div>`;
    if (this.loaded !== this.path) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    return found.route.view(found.parts);
  }

  /** Load what the address asks for; a view that is there already takes no time. */
  private async show(): Promise<void> {
    const path = (this.path = current());
    this.failed = false;
    try {
      await find(path)?.route.load();
    } catch {
      this.failed = true; // the hub is away, or has a newer page
    }
    if (path !== this.path) return;
    const moved = this.loaded !== "" && this.loaded !== path;
    this.loaded = path;
    if (!moved) return;
    await this.updateComplete;
    scrollTo(0, 0);
    this.querySelector<HTMLElement>("main h1[tabindex]")?.focus({ preventScroll: true });
  }

  private skip(event: Event): void {
    event.preventDefault();
    this.querySelector<HTMLElement>("#content")?.focus();
  }

  private async chooseLanguage(event: Event): Promise<void> {
    await choose((event.target as HTMLSelectElement).value);
    // Every view speaks anew.
    location.reload();
  }
}

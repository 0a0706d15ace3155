/** Signing in from a browser on the LAN. Home Assistant's sidebar needs none. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { HubError } from "../hub/client";
import { hub } from "../hub/hub";
import { Element } from "../parts/element";
import { icon } from "../parts/icons";
import { t } from "../text";
import { complaint } from "../text/doing";

@customElement("kw-login")
export class Login extends Element {
  @state() private wrong = "";
  @state() private busy = false;

  override render(): TemplateResult {
    return html`<main class="login" id="content">
      <div class="login-head">
        <img src="./icon.svg" alt="" />
        <h1>Kickwatt</h1>
        <p class="soft">${t("login.lead")}</p>
      </div>
      <form class="card form" @submit=${this.submit}>
        <div class="field">
          <label for="login-name">${t("login.name")}</label>
          <input
            class="input"
            id="login-name"
            name="name"
            autocomplete="username"
            autocapitalize="none"
            required
          />
        </div>
        <div class="field">
          <label for="login-password">${t("login.password")}</label>
          <input
            class="input"
            id="login-password"
            name="password"
            type="password"
            autocomplete="current-password"
            required
          />
        </div>
        ${
          this.wrong === ""
            ? nothing
            : html`<div class="note bad" role="alert">
                ${icon("warn")}
                <div>${this.wrong}</div>
              </div>`
        }
        <button class="button" ?disabled=${this.busy}>${t("login.submit")}</button>
        <p class="small soft">${t("login.help", { command: "kickwatt-hub user add NAME --admin" })}</p>
      </form>
    </main>`;
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    this.busy = true;
    this.wrong = "";
    try {
      await hub.signIn(String(form.get("name")), String(form.get("password")));
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.wrong =
        error.status === 401
          ? t("login.wrong")
          : error.status === 429
            ? t("login.too_many")
            : complaint(error);
    } finally {
      this.busy = false;
    }
  }
}

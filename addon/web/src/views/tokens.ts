/** Tokens for programs: made with a scope and told once, and revoked. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { call } from "../hub/client";
import { hub } from "../hub/hub";
import type { Scope } from "../hub/types";
import { Attempt, submitted, words } from "../parts/attempt";
import { HubElement } from "../parts/element";
import { choice, field, refusedForm } from "../parts/field";
import { icon } from "../parts/icons";
import { Loaded } from "../parts/loaded";
import { managed } from "../parts/manage-tabs";
import { t } from "../text";
import { moment } from "../text/format";

const ADD = "add";
const SCOPES: Scope[] = ["control", "read", "admin", "own"];

interface Token {
  id: number;
  user: string;
  name: string;
  scope: Scope;
  created: string;
  expires: string | null;
}

@customElement("kw-tokens")
export class Tokens extends HubElement {
  /** The secret of the one just made. */
  @state() private told = "";
  private readonly tokens = new Loaded<Token[]>(this);
  private readonly users = new Loaded<{ name: string }[]>(this);
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    return managed("tokens", () => {
      void this.tokens.load("all", () => call<Token[]>("GET", "tokens"));
      void this.users.load("all", () => call<{ name: string }[]>("GET", "users"));
      return html`<p class="soft">${t("tokens.lead")}</p>
        <br />
        <div class="columns">
          <section class="card stack" aria-label=${t("tokens.title")}>
            ${refusedForm(this.attempt.refused("revoke"), [])}
            ${this.tokens.show((tokens) =>
              tokens.length === 0
                ? html`<p class="soft">${t("tokens.none")}</p>`
                : html`<ul class="list">
                    ${[...tokens].reverse().map((each) => html`<li>${this.token(each)}</li>`)}
                  </ul>`,
            )}
          </section>
          ${this.adding()}
        </div>`;
    });
  }

  private token(token: Token): TemplateResult {
    const made = t("tokens.made", { user: token.user, time: moment(token.created) });
    const end = token.expires === null ? "" : ` · ${t("tokens.expires", { time: moment(token.expires) })}`;
    return html`<div class="line">
      <span>
        <strong>${token.name}</strong> <span class="tag">${t(`tokens.scope_${token.scope}`)}</span><br />
        <span class="small soft">${made}${end}</span>
      </span>
      <button
        class="button danger"
        aria-label="${t("tokens.revoke")}: ${token.name}"
        @click=${() => this.revoke(token)}
      >
        ${t("tokens.revoke")}
      </button>
    </div>`;
  }

  private adding(): TemplateResult {
    const error = this.attempt.refused(ADD);
    const me = hub.me?.user ?? "";
    return html`<form class="card form" @submit=${this.add}>
      <h2>${t("tokens.add")}</h2>
      ${field({ name: "name", label: t("tokens.name"), type: "text", hint: t("tokens.name_hint") }, error)}
      ${choice(
        "scope",
        t("tokens.scope"),
        "control",
        SCOPES.map((each) => [each, t(`tokens.scope_${each}`)]),
      )}
      ${this.users.show((users) =>
        choice(
          "user",
          t("locations.owner"),
          me,
          users.map(({ name }) => [name, name]),
        ),
      )}
      ${refusedForm(error, ["name"])}
      <div class="row"><button class="button">${t("tokens.add")}</button></div>
      ${this.told === "" ? nothing : this.once()}
    </form>`;
  }

  private once(): TemplateResult {
    return html`<div class="stack tight" role="status">
      <div class="note warn">
        ${icon("warn")}
        <div>${t("tokens.once")}</div>
      </div>
      <pre class="code wrapped" tabindex="0" aria-label=${t("tokens.add")}>${this.told}</pre>
    </div>`;
  }

  private add(event: SubmitEvent): void {
    const element = event.target as HTMLFormElement;
    const form = submitted(event);
    this.told = "";
    const body = { name: words(form, "name"), scope: form.get("scope"), user: form.get("user") };
    void this.attempt.at(ADD, async () => {
      this.told = (await call<{ token: string }>("POST", "tokens", body)).token;
      element.reset();
      this.tokens.again();
    });
  }

  private revoke({ id, name }: Token): void {
    if (!confirm(t("tokens.revoke_sure", { name }))) return;
    void this.attempt.at("revoke", async () => {
      await call("DELETE", `tokens/${id}`);
      this.tokens.again();
    });
  }
}

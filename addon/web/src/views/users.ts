/** Who may sign in, and what they may. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { call } from "../hub/client";
import { hub } from "../hub/hub";
import { Attempt, submitted, words } from "../parts/attempt";
import { check } from "../parts/check";
import { HubElement } from "../parts/element";
import { field, refusedForm, saved } from "../parts/field";
import { Loaded } from "../parts/loaded";
import { managed } from "../parts/manage-tabs";
import { t } from "../text";

const ADD = "add";

interface User {
  name: string;
  email: string | null;
  admin: boolean;
}

@customElement("kw-users")
export class Users extends HubElement {
  private readonly users = new Loaded<User[]>(this);
  private readonly attempt = new Attempt(this);

  override render(): TemplateResult {
    return managed("users", () => {
      void this.users.load("all", () => call<User[]>("GET", "users"));
      return html`<p class="soft">${t("users.lead")}</p>
        <br />
        <div class="columns">
          <section class="card" aria-label=${t("users.title")}>
            ${this.users.show((users) => html`${users.map((each) => this.user(each))}`)}
          </section>
          ${this.adding()}
        </div>`;
    });
  }

  private user(user: User): TemplateResult {
    const own = user.name === hub.me?.user;
    return html`<details class="fold">
      <summary>
        <span>${user.name}</span>
        ${own ? html`<span class="tag">${t("users.you")}</span>` : nothing}
        ${user.admin ? html`<span class="tag">${t("users.admin")}</span>` : nothing}
      </summary>
      <div>
        ${this.password(user)} ${refusedForm(this.attempt.refused(user.name), ["password"])}
        ${
          own
            ? nothing
            : html`<div class="row">
                <button class="button quiet" @click=${() => this.change(user, { admin: !user.admin })}>
                  ${t(user.admin ? "users.withdraw" : "users.grant")}
                </button>
                <button class="button danger" @click=${() => this.removeUser(user)}>
                  ${t("users.remove")}
                </button>
              </div>`
        }
      </div>
    </details>`;
  }

  private password(user: User): TemplateResult {
    return html`<form
      class="form"
      @submit=${(event: SubmitEvent) => {
        const form = event.target as HTMLFormElement;
        const password = String(submitted(event).get("password"));
        void this.change(user, { password }).then((done) => {
          if (done) form.reset();
        });
      }}
    >
      ${field(
        {
          form: `user-${user.name}`,
          name: "password",
          label: t("users.new_password"),
          type: "password",
          hint: `${t("users.password_hint")} ${t("users.new_password_lead")}`,
        },
        this.attempt.refused(user.name),
      )}
      <div class="row">
        <button class="button quiet">${t("users.change_password")}</button>
        ${saved(this.attempt.done(user.name))}
      </div>
    </form>`;
  }

  private adding(): TemplateResult {
    const error = this.attempt.refused(ADD);
    return html`<form class="card form" @submit=${this.add}>
      <h2>${t("users.add")}</h2>
      ${field({ name: "name", label: t("users.name"), type: "text", hint: t("users.name_hint") }, error)}
      ${field({ name: "email", label: t("users.email"), type: "text", required: false }, error)}
      ${field(
        { name: "password", label: t("users.password"), type: "password", hint: t("users.password_hint") },
        error,
      )}
      ${check({ name: "admin", label: t("users.admin"), hint: t("users.admin_hint"), checked: false })}
      ${refusedForm(error, ["name", "email", "password"])}
      <div class="row"><button class="button">${t("users.add")}</button></div>
    </form>`;
  }

  private add(event: SubmitEvent): void {
    const element = event.target as HTMLFormElement;
    const form = submitted(event);
    const body = {
      name: words(form, "name"),
      email: words(form, "email") || null,
      password: String(form.get("password")),
      admin: form.has("admin"),
    };
    void this.attempt.at(ADD, async () => {
      await call("POST", "users", body);
      element.reset();
      this.users.again();
    });
  }

  private change(user: User, changes: object): Promise<boolean> {
    return this.attempt.at(user.name, async () => {
      await call("PATCH", `users/${encodeURIComponent(user.name)}`, changes);
      this.users.again();
    });
  }

  private removeUser({ name }: User): void {
    if (!confirm(t("users.remove_sure", { name }))) return;
    void this.attempt.at(name, async () => {
      await call("DELETE", `users/${encodeURIComponent(name)}`);
      this.users.again();
    });
  }
}

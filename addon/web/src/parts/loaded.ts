/** Something that is fetched from the hub: on its way, there, or refused. */

import { html, type ReactiveControllerHost, type TemplateResult } from "lit";
import { HubError } from "../hub/client";
import { t } from "../text";
import { complaint } from "../text/doing";
import { icon } from "./icons";

export class Loaded<T> {
  /** Undefined until it is there. */
  value: T | undefined;
  error: HubError | null = null;
  /** Which question this is the answer to. */
  private key = "";

  constructor(private readonly host: ReactiveControllerHost) {}

  /** Fetch, unless the question is the same as before. What was there stays until the answer has come. */
  async load(key: string, fetch: () => Promise<T>): Promise<void> {
    if (key === this.key) return;
    this.key = key;
    this.error = null;
    try {
      const value = await fetch();
      if (this.key !== key) return; // somebody has asked something else meanwhile
      this.value = value;
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      if (this.key !== key) return;
      this.error = error;
    }
    this.host.requestUpdate();
  }

  again(): void {
    this.key = "";
    this.host.requestUpdate();
  }

  /** What there is of it. */
  show(content: (value: T) => TemplateResult): TemplateResult {
    if (this.error !== null)
      return html`<div class="note warn" role="alert">
        ${icon("warn")}
        <div>${complaint(this.error)}</div>
        <button class="button quiet" @click=${() => this.again()}>${t("app.retry")}</button>
      </div>`;
    if (this.value === undefined) return html`<p class="soft" role="status">${t("app.loading")}</p>`;
    return content(this.value);
  }
}

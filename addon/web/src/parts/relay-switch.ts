/** The relay as the board reports it, and what became of the last order. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property } from "lit/decorators.js";
import { hub } from "../hub/hub";
import type { Charger, OnOff } from "../hub/types";
import { complaint } from "../text/doing";
import { t } from "../text";
import { HubElement } from "./element";
import { icon } from "./icons";

@customElement("kw-relay-switch")
export class RelaySwitch extends HubElement {
  @property({ attribute: false }) charger!: Charger;

  override render(): TemplateResult {
    const { id, name, relay } = this.charger;
    const pending = hub.ordered.get(id) ?? (relay.pending ? relay.desired : null);
    const on = relay.reported === "on";
    const locked = !hub.may("control") || this.charger.last_seen === null;
    return html`<button
      class="toggle ${pending ? "pending" : ""}"
      role="switch"
      aria-checked=${on}
      aria-label=${t("relay.label", { name })}
      title=${hub.may("control") ? nothing : t("relay.read_only")}
      ?disabled=${locked}
      @click=${() => this.order(pending ? opposite(pending) : on ? "off" : "on")}
    >
      <span class="toggle-track" aria-hidden="true"><span class="toggle-knob"></span></span>
      <span>${this.word(pending)}</span>
    </button>`;
  }

  private word(pending: OnOff | null): string {
    if (pending) return t(`relay.pending_${pending}`);
    const { reported } = this.charger.relay;
    return t(`relay.${reported ?? "unknown"}`);
  }

  private order(relay: OnOff): void {
    wanted.set(this.charger.id, relay);
    void hub.order(this.charger.id, relay);
  }
}

/** What was asked last, for the words of a refusal. */
const wanted = new Map<string, OnOff>();

function opposite(relay: OnOff): OnOff {
  return relay === "on" ? "off" : "on";
}

/** Why the last order came to nothing; empty when it did not. */
export function refusal(charger: Charger): TemplateResult | typeof nothing {
  const error = hub.refusals.get(charger.id);
  if (error === undefined) return nothing;
  const dismiss = () => {
    hub.refusals.delete(charger.id);
    hub.changed();
  };
  return html`<div class="note warn" role="alert">
    ${icon("warn")}
    <div>${complaint(error, wanted.get(charger.id))}</div>
    <button class="button bare" @click=${dismiss} aria-label=${t("relay.dismiss")}>${icon("close")}</button>
  </div>`;
}

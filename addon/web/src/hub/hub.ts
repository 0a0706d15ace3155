/** What this page knows of the hub. Views read it, and are told when it changes. */

import type { ReactiveController, ReactiveControllerHost } from "lit";
import { call, HubError, keepToken, token } from "./client";
import { Live, type LiveEvent, type Status } from "./live";
import type { Charger, Me, Meter, OnOff, Order, Scope, Session, Site } from "./types";

export type Access = "asking" | "signed_out" | "signed_in";

const SCOPES: Scope[] = ["own", "read", "control", "admin"];

class Hub extends EventTarget {
  access: Access = "asking";
  status: Status = "connecting";
  me: Me | null = null;
  /** Null until the hub has told. */
  chargers: Charger[] | null = null;
  meters: Meter[] | null = null;
  sites: Site[] = [];
  /** What became of an order that this page gave, per charger, until the next one. */
  readonly refusals = new Map<string, HubError>();
  /** Orders of this page that nobody has answered yet. */
  readonly ordered = new Map<string, OnOff>();
  private live: Live | null = null;

  may(scope: Scope): boolean {
    return this.me !== null && SCOPES.indexOf(this.me.scope) >= SCOPES.indexOf(scope);
  }

  /** Whether an entry of the navigation is for who looks. */
  sees({ scope, simulated }: { scope: Scope; simulated?: boolean }): boolean {
    return this.may(scope) && (!simulated || this.me?.simulator === true);
  }

  charger(id: string): Charger | undefined {
    return this.chargers?.find((each) => each.id === id);
  }

  /** Until when a session is known: its end, else the newest reading. A simulated charger has a clock of its own. */
  until(id: string, session: Session): string {
    return session.end ?? this.charger(id)?.reading?.time ?? session.start;
  }

  meter(id: number): Meter | undefined {
    return this.meters?.find((each) => each.id === id);
  }

  /** Ask who we are: behind Home Assistant's ingress nobody needs a token. Asks until somebody answers. */
  async begin(): Promise<void> {
    try {
      this.me = await call<Me>("GET", "me");
      this.access = "signed_in";
      this.live = new Live(token(), this);
    } catch (error) {
      if (error instanceof HubError && error.code !== "unreachable" && error.status < 500) {
        const stale = token() !== null;
        this.signOut();
        // Behind ingress it is the token that is wrong, not who sends it.
        if (stale) return this.begin();
      } else {
        this.status = "lost";
        setTimeout(() => void this.begin(), 3_000);
      }
    }
    this.changed();
  }

  async signIn(name: string, password: string): Promise<void> {
    const answer = await call<{ token: string }>("POST", "login", { name, password });
    keepToken(answer.token);
    await this.begin();
  }

  /** End this login here and at the hub. */
  async leave(): Promise<void> {
    await call("POST", "logout").catch(() => undefined); // it is forgotten here in any case
    this.signOut();
  }

  signOut(): void {
    this.live?.close();
    this.live = null;
    keepToken(null);
    this.me = null;
    this.chargers = null;
    this.meters = null;
    this.sites = [];
    this.access = "signed_out";
    this.changed();
  }

  command<T>(command: string, fields: object): Promise<T> {
    return this.live?.command<T>(command, fields) ?? Promise.reject(new HubError("lost", ""));
  }

  /** Order a relay; what becomes of it is in `ordered` and `refusals`. */
  async order(charger: string, relay: OnOff): Promise<void> {
    this.refusals.delete(charger);
    this.ordered.set(charger, relay);
    this.changed();
    try {
      await this.command<Order>("set_relay", { charger, relay });
    } catch (error) {
      if (error instanceof HubError && error.code !== "superseded") this.refusals.set(charger, error);
    } finally {
      if (this.ordered.get(charger) === relay) this.ordered.delete(charger);
      this.changed();
    }
  }

  /** Take over a charger that a call has answered with, before its event comes. */
  replace(charger: Charger): void {
    const others = (this.chargers ?? []).filter((each) => each.id !== charger.id);
    this.chargers = [...others, charger].sort(byName);
    this.changed();
  }

  replaceMeter(meter: Meter): void {
    this.meters = put(this.meters ?? [], meter);
    this.changed();
  }

  dropMeter(id: number): void {
    this.meters = (this.meters ?? []).filter((each) => each.id !== id);
    this.changed();
  }

  private showSites(sites: Site[]): void {
    this.sites = sites;
    this.changed();
  }

  // --- what the live connection tells ---

  refused(): void {
    this.signOut();
  }

  snapshot(chargers: Charger[], meters: Meter[], sites: Site[]): void {
    this.chargers = [...chargers].sort(byName);
    this.meters = [...meters].sort(byId);
    this.sites = [...sites].sort(byId);
    this.changed();
  }

  event(event: LiveEvent): void {
    if ("charger" in event) this.replace(event.charger);
    else if ("meter" in event) this.replaceMeter(event.meter);
    else if ("meter_id" in event) this.dropMeter(event.meter_id);
    else if ("site" in event) this.showSites(put(this.sites, event.site));
    else if ("site_id" in event) this.showSites(this.sites.filter((each) => each.id !== event.site_id));
    else if (event.event === "charger_removed") {
      this.chargers = (this.chargers ?? []).filter((each) => each.id !== event.charger_id);
      this.changed();
    } else this.dispatchEvent(new CustomEvent("happened", { detail: event }));
  }

  connection(status: Status): void {
    this.status = status;
    this.changed();
  }

  changed(): void {
    this.dispatchEvent(new Event("change"));
  }
}

function byName(one: Charger, other: Charger): number {
  return one.name.localeCompare(other.name, undefined, { numeric: true }) || one.id.localeCompare(other.id);
}

function byId(one: { id: number }, other: { id: number }): number {
  return one.id - other.id;
}

function put<T extends { id: number }>(all: T[], one: T): T[] {
  return [...all.filter((each) => each.id !== one.id), one].sort(byId);
}

export const hub = new Hub();

/** Draws its element again whenever the hub's state has changed. */
export class Watch implements ReactiveController {
  private readonly draw: () => void;

  constructor(private readonly host: ReactiveControllerHost) {
    this.draw = () => this.host.requestUpdate();
    host.addController(this);
  }

  hostConnected(): void {
    hub.addEventListener("change", this.draw);
  }

  hostDisconnected(): void {
    hub.removeEventListener("change", this.draw);
  }
}

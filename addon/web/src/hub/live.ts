/** The live connection (docs/api.md, "Live"): connects again for ever, and resumes where it was. */

import type { Charger, Meter, Site } from "./types";
import { address, HubError } from "./client";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

export type Status = "connecting" | "live" | "lost";

export interface Listener {
  connection(status: Status): void;
  snapshot(chargers: Charger[], meters: Meter[], sites: Site[]): void;
  event(event: LiveEvent): void;
  /** The token is not accepted (any more). */
  refused(): void;
}

export type LiveEvent =
  | { event: "charger"; charger: Charger }
  | { event: "charger_removed"; charger_id: string }
  | { event: "meter"; meter: Meter }
  | { event: "meter_removed"; meter_id: number }
  | { event: "site"; site: Site }
  | { event: "site_removed"; site_id: number }
  | { event: string; charger_id: string; time: string };

interface Waiting {
  resolve(result: unknown): void;
  reject(error: HubError): void;
}

export class Live {
  private socket: WebSocket | null = null;
  private run: string | null = null;
  private number = 0;
  private ids = 0;
  private pause = FIRST_PAUSE_MS;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private readonly wake = () => {
    if (this.socket === null && document.visibilityState === "visible") this.connect();
  };

  constructor(
    private readonly token: string | null,
    private readonly listener: Listener,
  ) {
    addEventListener("online", this.wake);
    document.addEventListener("visibilitychange", this.wake);
    this.connect();
  }

  close(): void {
    removeEventListener("online", this.wake);
    document.removeEventListener("visibilitychange", this.wake);
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.abandon();
  }

  /** Give a command; resolves with its result. Rejects with HubError, code `lost` when the connection broke. */
  command<T>(command: string, fields: object): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      if (this.socket?.readyState !== WebSocket.OPEN) {
        reject(new HubError("lost", ""));
        return;
      }
      const id = ++this.ids;
      this.waiting.set(id, { resolve: (result) => resolve(result as T), reject });
      this.send({ type: "command", id, command, ...fields });
    });
  }

  private connect(): void {
    clearTimeout(this.timer);
    const url = address("api/v1/live");
    url.protocol = url.protocol.replace("http", "ws");
    const socket = new WebSocket(url);
    this.socket = socket;
    this.listener.connection(this.run === null ? "connecting" : "lost");
    socket.onmessage = (message) => this.hear(JSON.parse(message.data as string));
    socket.onclose = () => {
      if (this.socket === socket) this.lose();
    };
  }

  private lose(): void {
    this.socket = null;
    this.abandon();
    this.listener.connection("lost");
    this.timer = setTimeout(() => this.connect(), this.pause * (0.75 + Math.random() / 2));
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  private abandon(): void {
    const waiting = [...this.waiting.values()];
    this.waiting.clear();
    for (const each of waiting) each.reject(new HubError("lost", ""));
  }

  private send(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- decoded JSON; docs/api.md is its type
  private hear(message: any): void {
    switch (message.type) {
      case "hello":
        this.send(this.token === null ? { type: "auth" } : { type: "auth", token: this.token });
        break;
      case "auth_ok": {
        const resume = this.run === null ? {} : { resume: { run: this.run, number: this.number } };
        this.send({ type: "subscribe", id: ++this.ids, ...resume });
        break;
      }
      case "auth_failed":
        this.close();
        this.listener.refused();
        break;
      case "snapshot":
      case "resumed":
        this.run = message.run;
        this.number = message.number;
        this.pause = FIRST_PAUSE_MS;
        if (message.type === "snapshot")
          this.listener.snapshot(message.chargers, message.meters, message.sites);
        this.listener.connection("live");
        break;
      case "event":
        this.number = message.number;
        this.listener.event(message);
        break;
      case "result":
        this.settle(message);
        break;
    }
  }

  private settle(message: {
    id: number;
    ok: boolean;
    result: unknown;
    error: { code: string; message: string; field: string | null; reason: string | null };
  }): void {
    const waiting = this.waiting.get(message.id);
    this.waiting.delete(message.id);
    if (message.ok) waiting?.resolve(message.result);
    else {
      const { code, message: said, field, reason } = message.error;
      waiting?.reject(new HubError(code, said, field, reason));
    }
  }
}

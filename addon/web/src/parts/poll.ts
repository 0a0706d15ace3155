/** Asks again every second while its element is shown, and never twice at once. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

const EVERY_MS = 1_000;

export class Poll implements ReactiveController {
  private timer = 0;
  private asking = false;

  constructor(
    host: ReactiveControllerHost,
    private readonly ask: () => Promise<void>,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.timer = window.setInterval(() => void this.turn(), EVERY_MS);
    void this.turn();
  }

  hostDisconnected(): void {
    clearInterval(this.timer);
  }

  private async turn(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      await this.ask();
    } finally {
      this.asking = false;
    }
  }
}

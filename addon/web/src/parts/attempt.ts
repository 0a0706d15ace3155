/** What became of a form: refused, with the field that is wrong, or done. */

import type { ReactiveControllerHost } from "lit";
import { HubError } from "../hub/client";

export class Attempt {
  private form = "";
  private error: HubError | null = null;

  constructor(private readonly host: ReactiveControllerHost) {}

  /** Do what form `form` asks for, and keep what became of it until the next one. Returns whether it was done. */
  async at(form: string, work: () => Promise<void>): Promise<boolean> {
    this.form = "";
    this.error = null;
    this.host.requestUpdate();
    try {
      await work();
    } catch (error) {
      if (!(error instanceof HubError)) throw error;
      this.error = error;
    }
    this.form = form;
    this.host.requestUpdate();
    return this.error === null;
  }

  refused(form: string): HubError | null {
    return this.form === form ? this.error : null;
  }

  done(form: string): boolean {
    return this.form === form && this.error === null;
  }
}

/** What a form holds; the browser does not send it. */
export function submitted(event: SubmitEvent): FormData {
  event.preventDefault();
  return new FormData(event.target as HTMLFormElement);
}

export function words(form: FormData, name: string): string {
  return String(form.get(name) ?? "").trim();
}

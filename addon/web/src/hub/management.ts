/** The energy monitoring API (docs/management.md), for what the native one does not have: locations, and what a model's registers are. */

import { HubError, send } from "./client";

export interface Location {
  id: number;
  street: string;
  number: string;
  city: string;
  zip_code: string;
  user: number;
}

export interface Owner {
  id: number;
  username: string;
}

export interface StoredModel {
  id: number;
  name: string;
}

export interface Register {
  id: number;
  address: number;
  function_code: number;
  unit: string | null;
  meter: number;
  measurement: string;
}

/** Make a call of it. Throws HubError; its field is the first one that is wrong. */
export async function manage<T>(method: string, path: string, body?: unknown): Promise<T> {
  return (await (await send(method, path, body, refusal)).json()) as T;
}

async function refusal(response: Response): Promise<HubError> {
  try {
    const told = (await response.json()) as Record<string, string | string[]>;
    const [name, said] = Object.entries(told)[0] ?? ["", ""];
    const general = ["detail", "error", "non_field_errors", "structural_error"].includes(name);
    const code = response.status === 403 ? "forbidden" : "invalid";
    return new HubError(code, [said].flat().join(" "), general ? null : name, null, response.status);
  } catch {
    return new HubError("unreachable", "", null, null, response.status);
  }
}

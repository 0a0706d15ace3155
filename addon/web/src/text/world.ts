/**
 * What the simulator's scenarios and faults are called in the reader's language. In English it speaks for itself; and so it does in any
 * language of something that is newer than this page.
 */

import { language } from "./index";

interface Words {
  /** By name: what it is called, and what happens in one sentence. */
  scenarios: Record<string, [string, string]>;
  faults: Record<string, [string, string]>;
  parameters: Record<string, string>;
  choices: Record<string, string>;
}

const LOADERS: Record<string, () => Promise<{ default: unknown }>> = {
  de: () => import("./world/de.json"),
  it: () => import("./world/it.json"),
  pl: () => import("./world/pl.json"),
  hi: () => import("./world/hi.json"),
  ro: () => import("./world/ro.json"),
};

let words: Words = { scenarios: {}, faults: {}, parameters: {}, choices: {} };

/** Fetch the words; without them the simulator speaks English. */
export async function learn(): Promise<void> {
  const learned = await LOADERS[language()]?.().catch(() => undefined);
  if (learned !== undefined) words = learned.default as Words;
}

/** What a scenario or fault is called. */
export function title(kind: "scenarios" | "faults", name: string): string {
  return words[kind][name]?.[0] ?? spaced(name);
}

/** What happens then; undefined where only the simulator can say it. */
export function happens(kind: "scenarios" | "faults", name: string): string | undefined {
  return words[kind][name]?.[1];
}

export function parameter(name: string): string {
  return words.parameters[name] ?? spaced(name);
}

export function chosen(word: string): string {
  return words.choices[word] ?? spaced(word);
}

/** "no_network" → "no network". */
function spaced(name: string): string {
  return name.replaceAll("_", " ");
}

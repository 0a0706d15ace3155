/** What the page says, in the reader's language. English is in the first load, the others come when they are needed. */

import { en as first } from "./en";
import { en as run } from "./run/en";

/** What is seen every day, and what runs the house: two files in each language. */
const en = { ...first, ...run };

export type Messages = Record<keyof typeof en, string>;
export type Key = keyof typeof en;

export const LANGUAGES: Record<string, string> = {
  en: "English",
  de: "Deutsch",
  it: "Italiano",
  pl: "Polski",
  ro: "Română",
  hi: "हिन्दी",
};

const CHOICE = "kickwatt.language";
const LOADERS: Record<string, () => Promise<Messages>> = {
  de: async () => ({ ...(await import("./de")).de, ...(await import("./run/de")).de }),
  it: async () => ({ ...(await import("./it")).it, ...(await import("./run/it")).it }),
  pl: async () => ({ ...(await import("./pl")).pl, ...(await import("./run/pl")).pl }),
  hi: async () => ({ ...(await import("./hi")).hi, ...(await import("./run/hi")).hi }),
  ro: async () => ({ ...(await import("./ro")).ro, ...(await import("./run/ro")).ro }),
};

let messages: Messages = en;
let tag = "en";

/** The language for numbers and dates: with the reader's region, where that is of the same language. */
export function locale(): string {
  return navigator.languages.find((each) => each.split("-")[0] === tag) ?? tag;
}

export function language(): string {
  return tag;
}

/** Speak the chosen language, else the browser's first that we know. */
export async function speak(): Promise<void> {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages.map((each) => each.split("-")[0])];
  tag = wanted.find((each): each is string => each != null && each in LANGUAGES) ?? "en";
  messages = (await LOADERS[tag]?.().catch(() => null)) ?? en;
  if (messages === en) tag = "en";
  document.documentElement.lang = tag;
}

export async function choose(language: string): Promise<void> {
  localStorage.setItem(CHOICE, language);
  await speak();
}

/** A message with its {holes} filled. */
export function t(key: Key, holes: Record<string, string | number> = {}): string {
  return messages[key].replace(/\{(\w+)\}/g, (_, name: string) => String(holes[name] ?? ""));
}

/** The message for a word of the API that may be newer than this page; undefined then. */
export function known(prefix: string, word: string | null | undefined): string | undefined {
  const key = `${prefix}.${word}`;
  return key in messages ? messages[key as Key] : undefined;
}

/** Line icons, 24 by 24. They never stand alone for a meaning: beside each is a word, or a label for screen readers. */

import { svg, html, type TemplateResult } from "lit";

const PATHS: Record<string, string> = {
  bolt: "M13 2 4.5 13.5H11L10 22l8.5-11.5H12z",
  chart: "M4 20V4M4 20h16M8 16v-4m4 4V8m4 8v-6",
  plug: "M9 3v5m6-5v5M6 8h12v3a6 6 0 0 1-12 0zM12 17v4",
  coin: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zm3 5.5c-.7-.9-1.8-1.3-3-1.3-1.7 0-3 .8-3 2.3 0 3.2 6.2 1.5 6.2 4.8 0 1.6-1.4 2.5-3.2 2.5-1.4 0-2.6-.5-3.3-1.5M12 5.5v13",
  gauge: "M4 18a9 9 0 1 1 16 0zM12 14l3.5-4.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  back: "m14 6-6 6 6 6",
  next: "m10 6 6 6-6 6",
  plus: "M12 5v14M5 12h14",
  warn: "M12 4 2.5 20h19zM12 10v4.5m0 2.5v.5",
  check: "m5 12.5 4.5 4.5L19 7.5",
  gear: "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.5v5M9 14.5v5",
  flask: "M9.5 3h5M10.5 3v6L5 19a1.5 1.5 0 0 0 1.3 2h11.4a1.5 1.5 0 0 0 1.3-2L13.5 9V3M8 15h8",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  download: "M12 4v11m-4.5-4 4.5 4.5L16.5 11M5 20h14",
  close: "m6 6 12 12M18 6 6 18",
  question: "M9 9.5a3 3 0 1 1 4.3 2.7c-.9.4-1.3 1-1.3 2m0 3v.3M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
};

export function icon(name: string): TemplateResult {
  return html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
    ${svg`<path d=${PATHS[name] ?? ""} />`}
  </svg>`;
}

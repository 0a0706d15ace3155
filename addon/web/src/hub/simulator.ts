/** The simulation that runs beside the hub, as the hub passes it on. */

import { call } from "./client";

export interface Simulation {
  charger: string;
  board: string;
  modem: string;
  clock: string;
  speed: number;
  /** Whether its clock is in the past, so that it may go faster. */
  behind: boolean;
  scenario: string;
  faults: string[];
  plugged_in: boolean;
  charge: number;
  power_w: number;
  relay_on: boolean;
  says: string | null;
  messages: number;
  failed: number;
}

export interface FaultParameter {
  name: string;
  allowed: string;
  usual: string | number | boolean | null;
}

export interface Fault {
  name: string;
  about: string;
  parameters: FaultParameter[];
}

export interface Catalog {
  scenarios: { name: string; about: string }[];
  faults: Fault[];
}

export interface Line {
  number: number;
  at_s: number;
  by: "board" | "modem";
  text: string;
}

export type Wish = { do: string } & Record<string, unknown>;

export const simulator = {
  state: () => call<Simulation>("GET", "simulator"),
  catalog: () => call<Catalog>("GET", "simulator/catalog"),
  dialogue: async (after: number) =>
    (await call<{ lines: Line[] }>("GET", `simulator/dialogue?after=${after}`)).lines,
  do: (wish: Wish) => call<Simulation>("POST", "simulator/do", wish),
};

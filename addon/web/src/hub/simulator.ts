/** The simulation that runs beside the hub, as the hub passes it on. */

import { call, query } from "./client";

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
  least?: number;
  most?: number;
  whole?: boolean;
  /** Where it is no number: one of these. */
  choices?: string[];
}

/** A charger that the simulator plays. */
export interface Board {
  charger: string;
  /** Whether the simulator was started with it, and ends with it. */
  first: boolean;
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

interface Boards {
  boards: Board[];
}

/** `charger` is whose world is meant; undefined: that of the board that the simulator was started with. */
export const simulator = {
  boards: async () => (await call<Boards>("GET", "simulator/boards")).boards,
  play: async (charger: string) => (await call<Boards>("PUT", `simulator/boards/${charger}`)).boards,
  stop: async (charger: string) => (await call<Boards>("DELETE", `simulator/boards/${charger}`)).boards,
  catalog: () => call<Catalog>("GET", "simulator/catalog"),
  state: (charger?: string) => call<Simulation>("GET", query("simulator", { charger })),
  dialogue: async (charger: string | undefined, after: number) =>
    (await call<{ lines: Line[] }>("GET", query("simulator/dialogue", { charger, after }))).lines,
  do: (charger: string | undefined, wish: Wish) =>
    call<Simulation>("POST", query("simulator/do", { charger }), wish),
};

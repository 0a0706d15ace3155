/** What a charger is doing, in words. */

import type { Charger } from "../hub/types";
import type { HubError } from "../hub/client";
import { ago, clock, moment } from "./format";
import { known, t } from "./index";

export type Tone = "calm" | "busy" | "good" | "warn" | "bad";

export interface Doing {
  headline: string;
  detail: string;
  tone: Tone;
}

export function doing(charger: Charger): Doing {
  if (charger.last_seen === null)
    return { headline: t("state.unknown"), detail: t("state.unknown_detail"), tone: "calm" };
  if (charger.state === "tripped") return tripped(charger);
  if (!charger.online)
    return {
      headline: t("state.silent"),
      // A sentence ends there: the dot of "23 Sek." is its end, too.
      detail: t("state.silent_detail", { ago: ago(charger.last_seen).replace(/\.$/, "") }),
      tone: "warn",
    };
  if (charger.progress.step === "locked" && charger.relay.reported !== "on") return locked(charger);
  switch (charger.state) {
    case "charging":
      return charging(charger);
    case "full":
      return full(charger);
    case "idle":
      return { headline: t("state.idle"), detail: t("state.idle_detail"), tone: "calm" };
    default:
      return off(charger);
  }
}

function tripped(charger: Charger): Doing {
  const trips = charger.trips.map((each) => known("trip", each) ?? each).join(", ");
  const todo = charger.trips.map((each) => known("trip_do", each) ?? "");
  return {
    headline: t("state.tripped", { trip: trips }),
    detail: [...todo, t("trip_do.clear")].filter(Boolean).join(" "),
    tone: "bad",
  };
}

function locked(charger: Charger): Doing {
  const { why } = charger.progress;
  return { headline: t("state.off_locked"), detail: known("guard", why) ?? why, tone: "bad" };
}

function charging(charger: Charger): Doing {
  const { full, phase } = charger.charge;
  if (full === null) return { headline: t("state.charging"), detail: t("state.charging_soon"), tone: "busy" };
  const key = phase === "balancing" ? "state.balancing_until" : "state.charging_until";
  const bounds = { earliest: clock(full.earliest), latest: clock(full.latest) };
  return {
    headline: t(key, { time: moment(full.expected) }),
    detail: t(full.learned ? "state.charging_range" : "state.charging_guess", bounds),
    tone: "busy",
  };
}

function full(charger: Charger): Doing {
  const end = charger.session?.end;
  return {
    headline: end ? t("state.full_since", { time: moment(end) }) : t("state.full"),
    detail: t(charger.relay.reported === "on" ? "state.full_on" : "state.full_off"),
    tone: "good",
  };
}

function off(charger: Charger): Doing {
  const { step, plan, ready } = charger.progress;
  const start = plan?.runs[0]?.start;
  if (step === "waiting" && start && ready)
    return {
      headline: t("state.off_waiting", { time: moment(start) }),
      detail: t("state.off_waiting_detail", { time: moment(ready) }),
      tone: "calm",
    };
  if (step === "held")
    return { headline: t("state.off_held"), detail: t("state.off_held_detail"), tone: "calm" };
  if (step === "done")
    return { headline: t("state.off_done"), detail: t("state.off_done_detail"), tone: "good" };
  return { headline: t("state.off"), detail: t("state.off_detail"), tone: "calm" };
}

/** Why something did not work, and what to do. */
export function complaint(error: HubError, relay?: string): string {
  const word = error.code === "refused" ? error.reason : relay ? `${error.code}_${relay}` : "";
  return (
    known("refused", word) ??
    known("error", error.code) ??
    t("error.other", { message: error.message || error.code })
  );
}

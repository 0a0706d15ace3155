/** A location in one line. */

import type { Location } from "../hub/management";

export function placeName({ street, number, city }: Location): string {
  return `${street} ${number}, ${city}`;
}

import { en } from "./en";

export const ro = { ...en };

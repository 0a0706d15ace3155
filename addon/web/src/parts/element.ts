/** The base of everything drawn here. */

import { LitElement } from "lit";
import { Watch } from "../hub/hub";

/** An element without a shadow root: one set of styles (styles/) and one tree of labels and headings for all. */
export class Element extends LitElement {
  protected override createRenderRoot(): HTMLElement {
    return this;
  }
}

/** One that shows something of the hub, and is drawn again when that changes. */
export class HubElement extends Element {
  constructor() {
    super();
    new Watch(this);
  }
}
